// Makes one call of the SDK and tells all that there is to see of it: to the
// upstream, to the SDK's caller, and on the wire between.

import { Users } from "@wingspan/users";
import { HTTPClient } from "@wingspan/users/lib/http.js";

import { parseJSON } from "./compare.mjs";

const timeoutMilliseconds = 30_000;

// observe runs a case against a server. The result has nothing in it that may
// differ between two servers that are the same to a caller.
export async function observe(serverURL, operation, testCase, upstream) {
  upstream.script(testCase.answer);
  const wire = new Wire(testCase);
  const sdk = new Users({
    serverURL,
    httpClient: new HTTPClient({ fetcher: (request) => wire.fetch(request) }),
    bearerAuth: bearerAuth(testCase.bearer),
  });
  const outcome = await settle(() =>
    sdk.sessionAndAuthentication[operation.name](...testCase.args, { fetchOptions: { headers: testCase.headers } }));
  return {
    upstream: upstream.take().map((request) => comparable(request, testCase)),
    outcome,
    responses: wire.responses,
  };
}

// Wire is a fetch that notes what comes back: it shows the headers, and the
// members that the SDK drops. The SDK gets a copy, since a clone() whose other
// half is collected as garbage may never end in Node 20.
class Wire {
  responses = [];
  #testCase;

  constructor(testCase) {
    this.#testCase = testCase;
  }

  async fetch(request) {
    const response = await fetch(request);
    const bytes = await response.arrayBuffer();
    this.responses.push(describe(response, new TextDecoder().decode(bytes), this.#testCase));
    const { status, statusText, headers } = response;
    return new Response(status === 204 ? null : bytes, { status, statusText, headers });
  }
}

// bearerAuth gives every other token by way of a function, as the SDK allows.
function bearerAuth(bearer) {
  return bearer && bearer.length % 2 === 0 ? async () => bearer : bearer;
}

async function settle(call) {
  let timer;
  const late = new Error("a call came to no end");
  const timeout = new Promise((_, reject) => {
    timer = setTimeout(() => reject(late), timeoutMilliseconds);
  });
  try {
    const { rawResponse, contentType, ...result } = await Promise.race([call(), timeout]);
    return { kind: "result", ...result, mediaType: mediaType(contentType) };
  } catch (error) {
    if (error === late) {
      throw late; // no outcome, and not to be taken for one
    }
    return { kind: error.name, ...describeError(error) };
  } finally {
    clearTimeout(timer);
  }
}

function describeError(error) {
  const { message, statusCode, body } = error;
  switch (error.name) {
    case "SDKError":
      // From 400 on, a body is relayed byte by byte. A success is written anew, so
      // that it is the same value.
      return statusCode >= 400
        ? { message, statusCode, body }
        : { message: message.replace(body, () => ""), statusCode, body: parseJSON(body) };
    case "SDKValidationError":
      return { message, pretty: error.pretty(), issues: error.cause.issues, rawValue: error.rawValue };
    default:
      return { message, cause: error.cause?.message };
  }
}

function describe(response, text, testCase) {
  const headers = {};
  for (const name of Object.keys(testCase.answer.headers)) {
    headers[name] = name === "Set-Cookie" ? response.headers.getSetCookie() : response.headers.get(name);
  }
  return {
    status: response.status,
    mediaType: mediaType(response.headers.get("content-type")),
    headers,
    body: response.status >= 400 ? text : parseJSON(text),
  };
}

function comparable({ verb, path, headers, body }, testCase) {
  const names = ["authorization", "cookie", "x-wingspan-user", "accept-language"];
  if ("X-Request-Id" in testCase.headers) {
    names.push("x-request-id"); // the facade may give one to a call that has none
  }
  return {
    verb,
    path,
    headers: Object.fromEntries(names.map((name) => [name, headers[name]])),
    body: parseJSON(body),
    mediaType: body === "" ? undefined : mediaType(headers["content-type"]?.[0]),
  };
}

const mediaType = (contentType) => contentType?.split(";")[0].trim();
