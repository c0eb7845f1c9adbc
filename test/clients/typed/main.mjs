// Calls a facade's HTTP port by Connect, gRPC-Web and gRPC with the clients that Node
// has for them, and prints a line for what each call led to:
//
//	node main.mjs URL CA [CLIENT...]
//
// CA is a file of certificates, or empty. CLIENT begins the names of those to run.
import { readFileSync } from "node:fs";
import { durationMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { compressionGzip, createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { credentials, Metadata, status } from "@grpc/grpc-js";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema, SessionAndAuthenticationService } from "@wingspan-grpc/session-facade/connect";
import { BadRequest, ErrorInfo, RetryInfo, SessionAndAuthenticationServiceClient, Status } from "@wingspan-grpc/session-facade/grpc-js";

const [baseUrl, caFile, ...wanted] = process.argv.slice(2);
const ca = caFile ? readFileSync(caFile) : undefined;
const authorization = "Bearer t-1";
const tight = 2_000; // milliseconds

// Each client lists and authenticates, and describes an error.

function connectNode(transport) {
  const client = createClient(SessionAndAuthenticationService, transport);
  return {
    list: async () => (await client.listApiSessions({}, { headers: { authorization } })).apiSessions,
    authenticate: (email, timeoutMs) => client.authenticate({ email }, { timeoutMs }),
    describe(error) {
      const failed = ConnectError.from(error);
      return tell(
        Code[failed.code],
        failed.findDetails(ErrorInfoSchema),
        failed.findDetails(BadRequestSchema),
        failed.findDetails(RetryInfoSchema).map(({ retryDelay }) => durationMs(retryDelay) / 1000),
      );
    },
  };
}

function grpcJS() {
  const client = new SessionAndAuthenticationServiceClient(new URL(baseUrl).host, ca ? credentials.createSsl(ca) : credentials.createInsecure());
  const call = (method, request, metadata, options) =>
    new Promise((resolve, reject) => {
      method.call(client, request, metadata, options, (error, response) => (error ? reject(error) : resolve(response)));
    });
  return {
    async list() {
      const metadata = new Metadata();
      metadata.set("authorization", authorization);
      return (await call(client.listApiSessions, {}, metadata, {})).apiSessions;
    },
    authenticate: (email, timeoutMs) => call(client.authenticate, { email }, new Metadata(), timeoutMs ? { deadline: Date.now() + timeoutMs } : {}),
    describe(error) {
      const [text] = error.metadata?.get("grpc-status-details-bin") ?? [];
      const details = text ? Status.decode(text).details : [];
      const of = (name, type) => details.filter(({ typeUrl }) => typeUrl.endsWith(`/google.rpc.${name}`)).map(({ value }) => type.decode(value));
      const name = status[error.code].toLowerCase().replaceAll(/(^|_)./g, (start) => start.slice(-1).toUpperCase());
      return tell(name, of("ErrorInfo", ErrorInfo), of("BadRequest", BadRequest), of("RetryInfo", RetryInfo).map(({ retryDelay }) => Number(retryDelay.seconds)));
    },
    close: () => client.close(),
  };
}

function tell(code, infos, requests, delays) {
  return [
    code,
    ...infos.map(({ reason }) => reason),
    ...requests.flatMap(({ fieldViolations }) => fieldViolations.map(({ field }) => field)),
    ...delays.map((seconds) => `in ${seconds} s`),
  ].join(" ");
}

const over = (httpVersion) => ({ baseUrl, httpVersion, nodeOptions: { ca } });
const zipped = { acceptCompression: [compressionGzip], sendCompression: compressionGzip, compressMinBytes: 0 };
const clients = {
  "Connect over HTTP/1.1": () => connectNode(createConnectTransport(over("1.1"))),
  "Connect over HTTP/2": () => connectNode(createConnectTransport({ ...over("2"), ...zipped })),
  "Connect in JSON by GET": () => connectNode(createConnectTransport({ ...over("1.1"), useBinaryFormat: false, useHttpGet: true })),
  "gRPC-Web over HTTP/1.1": () => connectNode(createGrpcWebTransport(over("1.1"))),
  "gRPC-Web over HTTP/2": () => connectNode(createGrpcWebTransport({ ...over("2"), ...zipped })),
  "gRPC by connect-node": () => connectNode(createGrpcTransport(over("2"))),
  "gRPC by grpc-js": grpcJS,
};

async function led(call, describe) {
  try {
    return await call;
  } catch (error) {
    return describe(error);
  }
}

// story makes all calls of a client.
async function story(name, start) {
  const { list, authenticate, describe, close } = start();
  const listed = list().then((sessions) => sessions.map(({ sessionId, labels }) => `${sessionId} ${labels.team}`).join());
  const lines = [
    `${name}: list: ${await led(listed, describe)}`,
    `${name}: rejected: ${await led(authenticate("rejected@example.com"), describe)}`,
    `${name}: field: ${await led(authenticate(""), describe)}`,
    `${name}: deadline: ${await led(authenticate("slow@example.com", tight), describe)}`,
  ];
  close?.();
  return lines;
}

const chosen = Object.entries(clients).filter(([name]) => !wanted.length || wanted.some((prefix) => name.startsWith(prefix)));
const told = await Promise.all(chosen.map(([name, start]) => story(name, start)));
console.log(told.flat().join("\n"));
process.exit(); // connections are kept
