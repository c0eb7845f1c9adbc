// A sign-in, a check and a sign-out by orval's client, which calls fetch without a host.
import { deleteUsersSessionTokenId, getUsersSessionTokenId, postUsersSession } from "./made/orval/client";

async function main(baseUrl: string) {
  const plain = globalThis.fetch;
  globalThis.fetch = (path, options) => plain(baseUrl + String(path), options);
  const signedIn = await postUsersSession({ email: "ada@example.com", password: "analytical-engine" });
  if (signedIn.status !== 200 || !signedIn.data.token) throw new Error("no session");
  console.log("signed-in");
  const { token, userId } = signedIn.data;
  const options = { headers: { Authorization: `Bearer ${token}` } };
  const checked = await getUsersSessionTokenId(token, options);
  if (checked.status === 200 && checked.data.userId === userId) console.log("checked");
  const ended = await deleteUsersSessionTokenId(token, options);
  if (ended.status === 204) console.log("signed-out");
  const after = await getUsersSessionTokenId(token, options);
  if (after.status === 403) console.log("refused");
}

void main(process.argv[2]!);
