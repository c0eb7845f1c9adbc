// Calls the session facade from a page with connect-web, by Connect or by gRPC-Web.
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import { BadRequestSchema, ErrorInfoSchema, SessionAndAuthenticationService } from "@wingspan-grpc/session-facade/connect";
import { start } from "./story.js";

start((baseUrl, format) => {
  const options = { baseUrl, defaultTimeoutMs: 10_000 };
  const transport = format === "connect" ? createConnectTransport(options) : createGrpcWebTransport(options);
  return createClient(SessionAndAuthenticationService, transport);
}, (caught) => {
  const error = ConnectError.from(caught);
  return {
    code: Code[error.code] ?? "",
    message: error.rawMessage,
    infos: error.findDetails(ErrorInfoSchema),
    badRequests: error.findDetails(BadRequestSchema),
  };
});
