import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { Sandbox } from "./sandbox.js";

let sandbox: Sandbox;
before(async () => { sandbox = await Sandbox.start(); });
beforeEach(() => sandbox.reset());
after(() => sandbox.stop());

// call makes a call by REST.
async function call(token: string, method: string, path: string, body: object = {}) {
  const response = await fetch(sandbox.http + path, {
    method, body: method === "GET" ? null : JSON.stringify(body), headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? {} : JSON.parse(text) };
}

const ada = { email: "ada@example.com", password: "analytical-engine" };

test("a sign-in with a one-time password", async () => {
  const { token } = (await call("", "POST", "/users/pending/session", ada)).body;
  assert.equal((await call(token, "POST", "/users/session/otp")).status, 204);
  const sent = await sandbox.messages("user-ada");
  assert.deepEqual(sent.map(({ kind, to }) => [kind, to]), [["OneTimePassword", "ada@example.com"]]);
  assert.equal((await call(token, "PATCH", "/users/session/otp", { code: sent[0]?.code })).status, 200);
  assert.deepEqual(await sandbox.messages("user-grace"), []);
});

test("a session expires", async () => {
  const { token } = (await call("", "POST", "/users/session", ada)).body;
  assert.equal((await call(token, "GET", "/users/session/api")).status, 200);
  await sandbox.advance("25h");
  assert.equal((await call(token, "GET", "/users/session/api")).status, 403);
});

test("a fault", async () => {
  await sandbox.faults({ operations: { postUsersSession: { status: 429, retryAfter: 1, times: 1 } } });
  assert.equal((await call("", "POST", "/users/session", ada)).status, 429);
  assert.equal((await call("", "POST", "/users/session", ada)).status, 200);
  await assert.rejects(sandbox.faults({ operations: { all: { status: 99 } } }), /operations\.all\.status must be from 400 to 599/);
});

test("a server that does not start says why", async () => {
  await assert.rejects(Sandbox.start(undefined, "--log-level=loud"), /--log-level: must be debug/);
  await assert.rejects(Sandbox.start("/nowhere/session-facade"), /ENOENT/);
});
