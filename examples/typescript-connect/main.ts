// Calls the session facade over gRPC, with Connect. Start one with
// "go run ./cmd/server --sandbox", then: npm ci && npm start
//
// FACADE_ADDR is its address. With FACADE_CA, a file of CA certificates (PEM),
// the connection is TLS.
import { readFileSync } from "node:fs";
import { durationMs } from "@bufbuild/protobuf/wkt";
import { type CallOptions, type Client, ConnectError, Code, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
  SessionAndAuthenticationService,
} from "@wingspan-grpc/session-facade/connect";
import { newRetry } from "./retry.js";

const address = process.env.FACADE_ADDR ?? "localhost:9090";
const ca = process.env.FACADE_CA;

const transport = createGrpcTransport({
  baseUrl: `${ca ? "https" : "http"}://${address}`,
  nodeOptions: ca ? { ca: readFileSync(ca) } : {},
  interceptors: [newRetry()],
  defaultTimeoutMs: 10_000, // the deadline of a call, retries included
  readMaxBytes: 16 << 20, // lists come whole
});
const client = createClient(SessionAndAuthenticationService, transport);

// describe says what is in an error, for programs to act on: its code, why, which
// fields are at fault, and when to call again.
function describe(error: ConnectError): string {
  let text = Code[error.code] ?? "";
  for (const info of error.findDetails(ErrorInfoSchema)) {
    text += ` ${info.reason}`; // an ErrorReason without its prefix
  }
  for (const { fieldViolations } of error.findDetails(BadRequestSchema)) {
    text += fieldViolations.map(({ field, description }) => ` [${field}: ${description}]`).join("");
  }
  for (const { retryDelay } of error.findDetails(RetryInfoSchema)) {
    text += retryDelay ? ` (again in ${durationMs(retryDelay) / 1000} s)` : "";
  }
  return `${text}: ${error.rawMessage}`;
}

// signIn returns the options of calls that are made as ada.
async function signIn({ createSession }: Client<typeof SessionAndAuthenticationService>): Promise<CallOptions> {
  const { session } = await createSession({ email: "ada@example.com", password: "analytical-engine" });
  console.log("signed in as", session?.userId);
  return { headers: { authorization: `Bearer ${session?.token}` } };
}

// manageApiSessions creates, lists and deletes an API session.
async function manageApiSessions(as: CallOptions): Promise<void> {
  const { apiSession } = await client.createApiSession({ labels: { example: "typescript-connect" } }, as);
  const id = apiSession?.sessionId;
  console.log("created an API session with labels", apiSession?.labels);
  const { apiSessions } = await client.listApiSessions({}, as); // retried if need be
  if (!apiSessions.some(({ sessionId }) => sessionId === id)) {
    throw new Error("the API session is not listed");
  }
  console.log("listed it");
  // A deadline of its own.
  await client.deleteApiSession({ id }, { ...as, timeoutMs: 5_000 });
  console.log("deleted it");
}

// refusal returns the error that a call must end with.
async function refusal(call: Promise<unknown>): Promise<ConnectError> {
  try {
    await call;
  } catch (error) {
    return ConnectError.from(error);
  }
  throw new Error("a wrong password or an empty field was accepted");
}

// tooManyTries gives wrong passwords until it is told when to try again. The
// sandbox takes five in a row.
async function tooManyTries(): Promise<ConnectError> {
  for (let tries = 0; tries < 10; tries++) {
    const error = await refusal(client.createSession({ email: "grace@example.com", password: "wrong" }));
    if (error.code === Code.ResourceExhausted) {
      return error;
    }
  }
  throw new Error("wrong passwords are taken without end");
}

try {
  await manageApiSessions(await signIn(client));
  const email = "ada@example.com";
  console.log("wrong password:", describe(await refusal(client.createSession({ email, password: "wrong" }))));
  console.log("empty email:", describe(await refusal(client.authenticate({ email: "" }))));
  console.log("too many tries:", describe(await tooManyTries()));
} catch (error) {
  console.error(error instanceof ConnectError ? describe(error) : error);
  process.exitCode = 1;
}
