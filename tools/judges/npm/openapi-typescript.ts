// A sign-in, a check and a sign-out by openapi-fetch, with openapi-typescript's types.
import createClient from "openapi-fetch";
import type { paths } from "./made/openapi-typescript/schema";

async function main(baseUrl: string) {
  const client = createClient<paths>({ baseUrl });
  const { data } = await client.POST("/users/session", {
    body: { email: "ada@example.com", password: "analytical-engine" },
  });
  if (!data?.token) throw new Error("no session");
  console.log("signed-in");
  const call = { params: { path: { id: data.token } }, headers: { Authorization: `Bearer ${data.token}` } };
  const checked = await client.GET("/users/session/token/{id}", call);
  if (checked.data?.userId === data.userId) console.log("checked");
  const ended = await client.DELETE("/users/session/token/{id}", call);
  if (ended.response.status === 204) console.log("signed-out");
  const after = await client.GET("/users/session/token/{id}", call);
  if (after.error && after.response.status === 403) console.log("refused");
}

void main(process.argv[2]!);
