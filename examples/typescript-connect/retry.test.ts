import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { SessionAndAuthenticationService } from "@wingspan-grpc/session-facade/connect";
import { newRetry } from "./retry.js";

// facade answers calls with the given errors, then with success, and keeps what
// each attempt said of those before it.
function facade(...failures: ConnectError[]) {
  const attempts: (string | null)[] = [];
  const answer = (_: unknown, { requestHeader }: { requestHeader: Headers }) => {
    attempts.push(requestHeader.get("grpc-previous-rpc-attempts"));
    const failure = failures.shift();
    if (failure) {
      throw failure;
    }
    return {};
  };
  const transport = createRouterTransport(
    (router) => router.service(SessionAndAuthenticationService, { listApiSessions: answer, createApiSession: answer }),
    { transport: { interceptors: [newRetry()] } },
  );
  return { attempts, client: createClient(SessionAndAuthenticationService, transport) };
}

function unavailable(pushback?: string): ConnectError {
  return new ConnectError("x", Code.Unavailable, pushback ? { "grpc-retry-pushback-ms": pushback } : {});
}

test("a call without side effects is made three times at most, and says so", async () => {
  const enough = facade(unavailable(), unavailable());
  await enough.client.listApiSessions({});
  assert.deepEqual(enough.attempts, [null, "1", "2"]);
  const tooFew = facade(unavailable(), unavailable(), unavailable());
  await assert.rejects(tooFew.client.listApiSessions({}), { code: Code.Unavailable });
  assert.equal(tooFew.attempts.length, 3);
});

test("the waits grow", async () => {
  const { client } = facade(unavailable(), unavailable());
  const start = performance.now();
  await client.listApiSessions({});
  assert.ok(performance.now() - start >= 0.8 * (100 + 200));
});

for (const asked of ["-1", "never"]) {
  test(`pushback ${asked} ends it`, async () => {
    const { attempts, client } = facade(unavailable(asked));
    await assert.rejects(client.listApiSessions({}), { code: Code.Unavailable });
    assert.equal(attempts.length, 1);
  });
}

test("pushback sets the wait", async () => {
  const { attempts, client } = facade(unavailable("400"));
  const start = performance.now();
  await client.listApiSessions({});
  assert.ok(performance.now() - start >= 399);
  assert.equal(attempts.length, 2);
});

test("a call with side effects is made once", async () => {
  const { attempts, client } = facade(unavailable());
  await assert.rejects(client.createApiSession({}), { code: Code.Unavailable });
  assert.equal(attempts.length, 1);
});

test("other errors are not retried", async () => {
  const { attempts, client } = facade(new ConnectError("x", Code.ResourceExhausted));
  await assert.rejects(client.listApiSessions({}), { code: Code.ResourceExhausted });
  assert.equal(attempts.length, 1);
});

test("no wait outlasts the deadline", async () => {
  const { client } = facade(unavailable("60000"));
  await assert.rejects(client.listApiSessions({}, { timeoutMs: 50 }), { code: Code.DeadlineExceeded });
});

test("while many calls fail, none is repeated", async () => {
  const { attempts, client } = facade(...Array.from({ length: 9 }, () => unavailable("0")));
  for (let call = 0; call < 5; call++) {
    await assert.rejects(client.listApiSessions({}), { code: Code.Unavailable });
  }
  assert.equal(attempts.length, 3 + 2 + 1 + 1 + 1);
});
