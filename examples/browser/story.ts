// What both pages do, whichever library makes the calls.
import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { BadRequest, ErrorInfo, SessionAndAuthenticationService } from "@wingspan-grpc/session-facade/connect";

export interface Options {
  headers?: Record<string, string>;
  timeoutMs?: number;
}

// Unary is a function that makes calls of one RPC.
export type Unary<I extends DescMessage, O extends DescMessage> =
  (request: MessageInitShape<I>, options?: Options) => Promise<MessageShape<O>>;

type Methods = typeof SessionAndAuthenticationService.method;
type Called = "createSession" | "createApiSession" | "listApiSessions" | "deleteApiSession" | "authenticate"
  | "listGrantedSubscriberSubscriptionGrants";

// Client has the RPCs that the story calls.
export type Client = {
  [M in Called]: Methods[M] extends DescMethodUnary<infer I, infer O> ? Unary<I, O> : never;
};

// Failure is what is in an error, for programs to act on.
export interface Failure {
  code: string;
  message: string;
  infos: ErrorInfo[];
  badRequests: BadRequest[];
}

// describe says it: the code, why, and which fields are at fault.
function describe({ code, message, infos, badRequests }: Failure): string {
  const reasons = infos.map(({ reason }) => ` ${reason}`); // an ErrorReason without its prefix
  const fields = badRequests.flatMap(({ fieldViolations }) =>
    fieldViolations.map(({ field, description }) => ` [${field}: ${description}]`));
  return `${code}${reasons.join("")}${fields.join("")}: ${message}`;
}

// tell makes the calls, and prints what comes of each. The token stays in memory.
async function tell(client: Client, failureOf: (error: unknown) => Failure, print: (line: string) => void): Promise<void> {
  const refusal = async (call: Promise<unknown>): Promise<string> =>
    call.then(() => "accepted, which it should not be", (error: unknown) => describe(failureOf(error)));
  const email = "ada@example.com";
  const { session } = await client.createSession({ email, password: "analytical-engine" });
  print(`signed in as ${session?.userId}`);
  const as = { headers: { authorization: `Bearer ${session?.token}` } };
  const { apiSession } = await client.createApiSession({ labels: { example: "browser" } }, as);
  print(`created an API session with labels ${JSON.stringify(apiSession?.labels)}`);
  const id = apiSession?.sessionId;
  const { apiSessions } = await client.listApiSessions({}, as);
  print(apiSessions.some(({ sessionId }) => sessionId === id) ? "listed it" : "it is not listed");
  await client.deleteApiSession({ id }, as);
  print("deleted it");
  print(`wrong password: ${await refusal(client.createSession({ email, password: "wrong" }))}`);
  print(`empty email: ${await refusal(client.authenticate({ email: "" }))}`);
  try {
    const { subscriptionGrants } = await client.listGrantedSubscriberSubscriptionGrants({}, { ...as, timeoutMs: 1_000 });
    print(`${subscriptionGrants.length} grants came within the deadline`);
  } catch (error) {
    print(`grants did not come within the deadline: ${describe(failureOf(error))}`);
  }
}

// start tells the story when the page's form is sent. choose makes the client.
export function start(choose: (facade: string, format: string) => Client, failureOf: (error: unknown) => Failure): void {
  const form = document.querySelector("form")!;
  const output = document.querySelector("output")!;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const print = (line: string) => output.append(line, "\n");
    const fields = new FormData(form);
    output.replaceChildren();
    delete output.dataset.done;
    try {
      await tell(choose(String(fields.get("facade")), String(fields.get("format"))), failureOf, print);
    } catch (error) {
      print(`failed: ${describe(failureOf(error))}`);
    }
    output.dataset.done = "";
  });
}
