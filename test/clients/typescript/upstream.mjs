// A scripted upstream: it answers as it is told and records what it saw.

import { once } from "node:events";
import { createServer } from "node:http";
import { gzipSync } from "node:zlib";

// An upstream need not be at its host's root.
const basePath = "/v0/base";

export class Upstream {
  #server;
  #seen = [];
  #answer;

  // listen starts the server on a free port and returns its URL.
  async listen() {
    this.#server = createServer({ maxHeaderSize: 1 << 20, keepAliveTimeout: 0 }, (request, response) =>
      this.#serve(request, response));
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${this.#server.address().port}${basePath}`;
  }

  close() {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  // script says how requests are answered from now on.
  script(answer) {
    this.#answer = answer;
  }

  // take returns what was seen since the last call, and forgets it.
  take() {
    const seen = this.#seen;
    this.#seen = [];
    return seen;
  }

  async #serve(request, response) {
    const chunks = [];
    for await (const chunk of request) {
      chunks.push(chunk);
    }
    this.#seen.push({
      verb: request.method,
      path: request.url,
      headers: headersOf(request.rawHeaders),
      body: Buffer.concat(chunks).toString("utf8"),
    });
    const { status, headers, contentType, body, gzip } = this.#answer;
    const all = { ...headers };
    let bytes = Buffer.from(body);
    if (body !== "") {
      all["Content-Type"] = contentType;
    }
    if (gzip && bytes.length > 0 && /\bgzip\b/.test(request.headers["accept-encoding"])) {
      all["Content-Encoding"] = "gzip";
      bytes = gzipSync(bytes);
    }
    response.writeHead(status, all);
    response.end(bytes);
  }
}

// headersOf collects each header's values: node would join or drop some.
function headersOf(rawHeaders) {
  const headers = {};
  for (let i = 0; i < rawHeaders.length; i += 2) {
    (headers[rawHeaders[i].toLowerCase()] ??= []).push(rawHeaders[i + 1]);
  }
  return headers;
}
