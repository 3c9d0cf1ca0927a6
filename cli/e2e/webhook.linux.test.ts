import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer as createHttp, type RequestListener, type Server } from "node:http";
import { createServer as createHttps } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openAuthority } from "../../access/authority.ts";
import type { Fleet } from "../../core/model/fleet.ts";
import type { FleetAutoscaler } from "../../core/model/fleet-autoscaler.ts";
import { pathOf } from "../api-client.ts";
import { TestInstance } from "../testing/test-instance.ts";

let instance: TestInstance;
beforeAll(async () => {
  instance = await TestInstance.start();
});
afterAll(() => instance?.[Symbol.asyncDispose]());

/** The fleet's servers find no image: what is looked at here is how many there are to be. */
async function fleetWith(name: string, webhook: object): Promise<void> {
  const containers = [{ name: "game", image: "none" }];
  const annotations = { limit: "2" };
  await create("Fleet", "agones.dev", {
    metadata: { name, annotations },
    spec: { replicas: 1, template: { spec: { template: { spec: { containers } } } } },
  });
  const policy = { type: "Webhook", webhook };
  const sync = { type: "FixedInterval", fixedInterval: { seconds: 1 } };
  const spec = { fleetName: name, policy, sync };
  await create("FleetAutoscaler", "autoscaling.agones.dev", { metadata: { name }, spec });
}
async function create(
  kind: "Fleet" | "FleetAutoscaler",
  group: string,
  rest: object,
): Promise<void> {
  const body = { apiVersion: `${group}/v1`, kind, ...rest };
  const answer = await instance.request("POST", pathOf({ kind, namespace: "default" }), body);
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
}
async function until<R>(
  kind: "Fleet" | "FleetAutoscaler",
  name: string,
  isSo: (found: R) => boolean,
): Promise<R> {
  for (;;) {
    const found = (await instance.request("GET", pathOf({ kind, namespace: "default", name })))
      .body as R;
    if (isSo(found)) return found;
    await sleep(50);
  }
}
const hasReplicas = (name: string, count: number): Promise<Fleet> =>
  until<Fleet>("Fleet", name, ({ spec }) => spec.replicas === count);

/** Wants as many servers as an annotation of the fleet says. */
const asAnnotated: RequestListener = async (request, response) => {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  const { request: asked } = JSON.parse(text) as {
    readonly request: { readonly uid: string; readonly annotations: { readonly limit: string } };
  };
  const answer = { uid: asked.uid, scale: true, replicas: Number(asked.annotations.limit) };
  response.end(JSON.stringify({ request: asked, response: answer }));
};

describe("a fleet with a webhook", () => {
  const open: Server[] = [];
  afterEach(() => {
    for (const server of open.splice(0)) server.close();
  });
  const listen = async (server: Server): Promise<number> => {
    open.push(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  };

  it("follows a program that answers over HTTP", async () => {
    const port = await listen(createHttp(asAnnotated));
    await fleetWith("plain", { url: `http://127.0.0.1:${port}/scale` });
    await hasReplicas("plain", 2);
    const type = { "content-type": "application/merge-patch+json" };
    const path = pathOf({ kind: "Fleet", namespace: "default", name: "plain" });
    const patch = { metadata: { annotations: { limit: "0" } } };
    expect(await instance.request("PATCH", path, patch, type)).toMatchObject({ status: 200 });
    await hasReplicas("plain", 0);
    // The autoscaler's own status comes a moment after the fleet's number.
    const described = () => instance.mustCli("describe", "fleet", "plain");
    const wants = `the webhook at http://127.0.0.1:${port}/scale wants 0`;
    await expect.poll(described, { timeout: 30_000 }).toContain(wants);
    const told = await described();
    expect(told).toMatch(/ScaleDown +from 2 to 0 replicas: the webhook at/);
  });

  it("follows one over TLS that an authority in caBundle signed, and no other", async () => {
    const folder = await mkdtemp(join(tmpdir(), "flotilla-webhook-"));
    try {
      const authority = await openAuthority(folder, Date.now());
      const port = await listen(createHttps(authority.certify(["127.0.0.1"]), asAnnotated));
      const url = `https://127.0.0.1:${port}/scale`;
      await fleetWith("stranger", { url });
      await fleetWith("signed", { url, caBundle: btoa(authority.certificate) });
      await hasReplicas("signed", 2);
      const { status } = await until<FleetAutoscaler>(
        "FleetAutoscaler",
        "stranger",
        (found) => found.status.reason === "WebhookFailed",
      );
      expect(status.message).toMatch(/could not be asked: SELF_SIGNED_CERT_IN_CHAIN; 1 stands/);
      await hasReplicas("stranger", 1);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
