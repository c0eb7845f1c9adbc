// Checks a session by @grpc/grpc-js, with a service config, until each of the replicas at
// given addresses has been met: node affinity.mjs CONFIG ADDRESS,…
import { readFileSync } from "node:fs";
import { Client, credentials, Metadata } from "@grpc/grpc-js";

const [config, addresses] = process.argv.slice(2);
const client = new Client(`ipv4:${addresses}`, credentials.createInsecure(), {
  "grpc.service_config": readFileSync(config, "utf8"),
});
const metadata = new Metadata();
metadata.set("authorization", "Bearer t");
const asIs = (bytes) => bytes;
const request = Buffer.from([10, 1, 116]); // {id: "t"}
const missing = new Set(addresses.split(","));
const deadline = Date.now() + 20_000;
while (missing.size > 0) {
  const replica = await new Promise((resolve, reject) => {
    const call = client.makeUnaryRequest(
      "/wingspan.users.v1.SessionAndAuthenticationService/GetSession",
      asIs, asIs, request, metadata, { deadline },
      (error) => (error ? reject(error) : resolve(call.getPeer())),
    );
  });
  missing.delete(replica);
}
client.close();
