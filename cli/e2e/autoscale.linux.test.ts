import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Fleet } from "../../core/model/fleet.ts";
import { pathOf } from "../api-client.ts";
import { TestInstance } from "../testing/test-instance.ts";
import { listed } from "./look-inside.ts";

/** Ends with its game server, or when a test that failed is over. */
const BURN = "const until = Date.now() + 100_000; while (Date.now() < until);";

let instance: TestInstance;
beforeAll(async () => {
  instance = await TestInstance.start({
    images: ["examples/simple/image.yaml"],
    flags: ["--port-range", "17270-17290"],
  });
});
afterAll(() => instance?.[Symbol.asyncDispose]());

async function create(
  kind: "Fleet" | "FleetAutoscaler",
  name: string,
  spec: object,
): Promise<void> {
  const group = kind === "Fleet" ? "agones.dev" : "autoscaling.agones.dev";
  const body = { apiVersion: `${group}/v1`, kind, metadata: { name }, spec };
  const answer = await instance.request("POST", pathOf({ kind, namespace: "default" }), body);
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
}

async function fleetWith(name: string, replicas: number, policy: object): Promise<void> {
  const container = {
    name: "simple",
    image: "simple",
    resources: { requests: { cpu: "20m" }, limits: { cpu: "100m", memory: "128Mi" } },
  };
  const pod = { containers: [container], terminationGracePeriodSeconds: 1 };
  const ports = [{ name: "game", containerPort: 7654 }];
  const lists = { players: { values: [], capacity: 8 } };
  await create("Fleet", name, {
    replicas,
    template: { spec: { ports, lists, template: { spec: pod } } },
  });
  const behavior = { scaleDown: { stabilizationWindowSeconds: 0 } };
  await create("FleetAutoscaler", name, { fleetName: name, policy, behavior });
}

async function untilFleet(name: string, isSo: (fleet: Fleet) => boolean): Promise<Fleet> {
  for (;;) {
    const path = pathOf({ kind: "Fleet", namespace: "default", name });
    const fleet = (await instance.request("GET", path)).body as Fleet;
    if (isSo(fleet)) return fleet;
    await sleep(50);
  }
}

/** The name of the server that was handed out; empty when there was none. */
async function allocate(fleet: string): Promise<string> {
  const path = pathOf({ kind: "GameServerAllocation", namespace: "default" });
  const { body } = await instance.request("POST", path, {
    apiVersion: "allocation.agones.dev/v1",
    kind: "GameServerAllocation",
    spec: { selectors: [{ matchLabels: { "agones.dev/fleet": fleet } }] },
  });
  return (body as { readonly status: { readonly gameServerName: string } }).status.gameServerName;
}

describe("an autoscaled fleet", () => {
  it("sleeps at zero, wakes for whoever finds no server, and sleeps again", async () => {
    const players = { type: "List", key: "players", perServer: 8, maxReplicas: 3 };
    await fleetWith("sleepy", 0, { type: "Players", players });
    expect(await allocate("sleepy")).toBe("");
    let name = "";
    // One that waits and asks again each second is counted as one.
    for (; name === ""; name = await allocate("sleepy")) await sleep(1_100);
    const { spec } = await untilFleet("sleepy", ({ status }) => status.allocatedReplicas === 1);
    expect(spec.replicas).toBeGreaterThanOrEqual(1);
    await instance.mustCli("delete", "gameserver", name);
    await untilFleet("sleepy", ({ spec: now, status }) => now.replicas + status.replicas === 0);
  });

  it("grows with the CPU that the kernel counted, and says why", async () => {
    const cpu = { meanPercent: 250, minReplicas: 1, maxReplicas: 2 };
    await fleetWith("busy", 1, { type: "CPU", cpu });
    await untilFleet("busy", ({ status }) => status.readyReplicas === 1);
    const one = (await listed(instance, "GameServer")).find(
      ({ metadata }) => metadata.labels?.["agones.dev/fleet"] === "busy",
    );
    const target = `gs/${one?.metadata.name}`;
    const burning = instance.cli("exec", target, "--", "node", "-e", BURN);
    await untilFleet("busy", ({ spec }) => spec.replicas === 2);
    // The autoscaler's own status comes a moment after the fleet's number.
    const described = () => instance.mustCli("describe", "fleet", "busy");
    const wants = /busy \(CPU\) wants 2, found [12], scaled \d+s ago/;
    await expect.poll(described, { timeout: 30_000 }).toMatch(wants);
    const told = await described();
    expect(told).toMatch(/CPU mean of \d{3}% for a target of 250%/);
    expect(told).toMatch(/ScaleUp +from 1 to 2 replicas: CPU mean/);
    await instance.mustCli("delete", "fleet", "busy");
    await burning;
  });
});
