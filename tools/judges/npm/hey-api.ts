// A sign-in, a check and a sign-out by @hey-api/openapi-ts's client.
import { deleteUsersSessionTokenId, getUsersSessionTokenId, postUsersSession } from "./made/hey-api";
import { client } from "./made/hey-api/client.gen";

async function main(baseUrl: string) {
  client.setConfig({ baseUrl });
  const { data } = await postUsersSession({ body: { email: "ada@example.com", password: "analytical-engine" } });
  if (!data?.token) throw new Error("no session");
  console.log("signed-in");
  const token = data.token;
  const call = { path: { id: token }, auth: token };
  const checked = await getUsersSessionTokenId(call);
  if (checked.data?.userId === data.userId) console.log("checked");
  const ended = await deleteUsersSessionTokenId(call);
  if (ended.response?.status === 204) console.log("signed-out");
  const after = await getUsersSessionTokenId(call);
  if (after.error && after.response?.status === 403) console.log("refused");
}

void main(process.argv[2]!);
