import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { request } from "node:https";
import { expect, it } from "vitest";
import type { Counted } from "../../access/audit/audit-tally.ts";
import type { ClientPair } from "../../access/client-certificates.ts";
import { FleetError } from "../../core/std/errors.ts";
import { GrpcClient } from "./grpc-client.fixture.ts";
import { openService, type ServiceHarness, TOKEN } from "./service.fixture.ts";

const SOMEBODY: Counted = {
  ...{ kind: "nobody", who: "", from: "127.0.0.1" },
  ...{ action: "allocate", target: "", outcome: "UNAUTHENTICATED" },
};

/** Asks over REST, HTTP/1.1, and waits for the end of the answer. */
async function rest({ port, ca }: ServiceHarness, pair: Partial<ClientPair>): Promise<void> {
  const place = { host: "127.0.0.1", servername: "localhost", port, ca, agent: false };
  const asked = request({ ...place, method: "POST", path: "/gameserverallocation", ...pair });
  asked.end("{}");
  const [answer] = await once(asked, "response");
  await answer.toArray();
}

it("the audit log learns the certificate's name and the address of who allocates, over gRPC and REST", async () => {
  await using service = await openService({ auth: "mtls" });
  const pair = await service.client("matchmaker");
  await service.keeper?.look();
  using client = GrpcClient.withTls(service.port, service.ca, pair);
  await client.allocate({ namespace: "games" });
  await rest(service, pair);
  const { fingerprint256 } = new X509Certificate(pair.cert);
  const who = `matchmaker (certificate ${fingerprint256})`;
  const one = { ...SOMEBODY, kind: "client", who, outcome: "ok" };
  expect(service.counted).toEqual([
    { ...one, target: "games" },
    { ...one, target: "default" },
  ]);
  service.allocator.answer = new FleetError("EXHAUSTED", "too many wait");
  await client.allocate({ namespace: "games" });
  expect(service.counted.at(-1)).toEqual({ ...one, target: "games", outcome: "EXHAUSTED" });
});

it("the audit log learns of who showed no certificate, once for a connection", async () => {
  await using service = await openService({ auth: "mtls" });
  await service.client("matchmaker");
  await service.keeper?.look();
  await rest(service, {});
  expect(service.counted).toEqual([SOMEBODY]);
});

it("the audit log learns of calls with a wrong token, and of those with the right one by its name", async () => {
  await using service = await openService({ auth: "token" });
  using client = GrpcClient.withTls(service.port, service.ca);
  await client.allocate({}, { authorization: "Bearer wrong" });
  await client.allocate({}, { authorization: `Bearer ${TOKEN}` });
  const allowed = { kind: "file", who: "allocate", target: "default", outcome: "ok" };
  expect(service.counted).toEqual([SOMEBODY, { ...SOMEBODY, ...allowed }]);
});
