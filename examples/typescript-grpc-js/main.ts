// Calls the session facade over gRPC, with @grpc/grpc-js. Start one with
// "go run ./cmd/server --sandbox", then: npm ci && npm start
//
// FACADE_ADDR is its address. With FACADE_CA, a file of CA certificates (PEM),
// the connection is TLS.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type CallOptions, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import {
  ApiSession,
  AuthenticateRequest,
  BadRequest,
  CreateApiSessionRequest,
  CreateSessionRequest,
  DeleteApiSessionRequest,
  ErrorInfo,
  ListApiSessionsRequest,
  RetryInfo,
  SessionAndAuthenticationServiceClient,
  Status,
} from "@wingspan-grpc/session-facade/grpc-js";

const require = createRequire(import.meta.url);
const ca = process.env.FACADE_CA;
const client = new SessionAndAuthenticationServiceClient(
  process.env.FACADE_ADDR ?? "localhost:9090",
  ca ? credentials.createSsl(readFileSync(ca)) : credentials.createInsecure(),
  {
    // Retries calls without side effects, and only those.
    "grpc.service_config": JSON.stringify(require("@wingspan-grpc/session-facade/service_config.json")),
    "grpc.max_receive_message_length": 16 << 20, // lists come whole; the default limit is 4 MiB
  },
);

// A method of the client, as far as it is used here.
type Method<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: CallOptions,
  callback: (error: ServiceError | null, response: Response) => void,
) => unknown;

// call makes a promise of a call, and bounds it.
function call<Request, Response>(method: Method<Request, Response>, request: Request, metadata = new Metadata()) {
  return new Promise<Response>((resolve, reject) => {
    const deadline = Date.now() + 10_000; // retries included
    method.call(client, request, metadata, { deadline }, (error, response) => (error ? reject(error) : resolve(response)));
  });
}

// describe says what is in an error, for programs to act on: its code, why, which
// fields are at fault, and when to call again.
function describe(error: ServiceError): string {
  let text = status[error.code] ?? "";
  const [details] = error.metadata.get("grpc-status-details-bin");
  for (const { typeUrl, value } of details instanceof Buffer ? Status.decode(details).details : []) {
    switch (typeUrl.split("/").pop()) {
      case "google.rpc.ErrorInfo":
        text += ` ${ErrorInfo.decode(value).reason}`; // an ErrorReason without its prefix
        break;
      case "google.rpc.BadRequest":
        for (const { field, description } of BadRequest.decode(value).fieldViolations) {
          text += ` [${field}: ${description}]`;
        }
        break;
      case "google.rpc.RetryInfo": {
        const { seconds = 0, nanos = 0 } = RetryInfo.decode(value).retryDelay ?? {};
        text += ` (again in ${seconds + nanos / 1e9} s)`;
        break;
      }
    }
  }
  return `${text}: ${error.details}`;
}

// signIn returns the metadata of calls that are made as ada.
async function signIn(): Promise<Metadata> {
  const { session } = await call(
    client.createSession,
    CreateSessionRequest.fromPartial({ email: "ada@example.com", password: "analytical-engine" }),
  );
  console.log("signed in as", session?.userId);
  const as = new Metadata();
  as.set("authorization", `Bearer ${session?.token}`);
  return as;
}

// manageApiSessions creates, lists and deletes an API session.
async function manageApiSessions(as: Metadata): Promise<void> {
  const labels = { example: "typescript-grpc-js" };
  const { apiSession } = await call(client.createApiSession, CreateApiSessionRequest.fromPartial({ labels }), as);
  const id = ApiSession.fromPartial(apiSession ?? {}).sessionId;
  console.log("created an API session with labels", apiSession?.labels);
  const { apiSessions } = await call(client.listApiSessions, ListApiSessionsRequest.fromPartial({}), as); // retried if need be
  if (!apiSessions.some(({ sessionId }) => sessionId === id)) {
    throw new Error("the API session is not listed");
  }
  console.log("listed it");
  await call(client.deleteApiSession, DeleteApiSessionRequest.fromPartial({ id }), as);
  console.log("deleted it");
}

// refusal returns the error that a call must end with.
async function refusal(made: Promise<unknown>): Promise<ServiceError> {
  const error = await made.then(
    () => new Error("a wrong password or an empty field was accepted"),
    (reason: ServiceError) => reason,
  );
  if ("code" in error) {
    return error;
  }
  throw error;
}

// tooManyTries gives wrong passwords until it is told when to try again. The
// sandbox takes five in a row.
async function tooManyTries(): Promise<ServiceError> {
  const wrong = CreateSessionRequest.fromPartial({ email: "grace@example.com", password: "wrong" });
  for (let tries = 0; tries < 10; tries++) {
    const error = await refusal(call(client.createSession, wrong));
    if (error.code === status.RESOURCE_EXHAUSTED) {
      return error;
    }
  }
  throw new Error("wrong passwords are taken without end");
}

try {
  await manageApiSessions(await signIn());
  const wrong = CreateSessionRequest.fromPartial({ email: "ada@example.com", password: "wrong" });
  console.log("wrong password:", describe(await refusal(call(client.createSession, wrong))));
  console.log("empty email:", describe(await refusal(call(client.authenticate, AuthenticateRequest.fromPartial({})))));
  console.log("too many tries:", describe(await tooManyTries()));
} catch (error) {
  console.error(error instanceof Error && "code" in error ? describe(error as ServiceError) : error);
  process.exitCode = 1;
} finally {
  client.close();
}
