import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AllocationStatus } from "../../core/model/allocation.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import { pathOf } from "../api-client.ts";
import { TestInstance } from "../testing/test-instance.ts";
import { seen, until } from "./look-inside.ts";
import { portOf, tellUdp } from "./simple-game.ts";

let instance: TestInstance;
beforeAll(async () => {
  instance = await TestInstance.start({
    images: ["examples/simple/image.yaml"],
    flags: ["--port-range", "17300-17400"],
  });
});
afterAll(() => instance?.[Symbol.asyncDispose]());

/** What was allocated comes to the game by way of its node and the SDK door. */
const SOON = { timeout: 30_000, interval: 100 };
const COUNTERS = { rooms: { count: 1, capacity: 3 }, level: { count: 0, capacity: 5 } };
const LISTS = { players: { capacity: 3, values: ["ann"] } };

interface FleetInput {
  readonly name: string;
  readonly replicas: number;
  readonly scheduling?: "Packed" | "Distributed";
  readonly labels?: object;
}

/** A fleet of real game servers, all Ready when it resolves. */
async function readyFleet(input: FleetInput): Promise<void> {
  const { name, replicas, scheduling = "Packed", labels = {} } = input;
  const resources = { requests: { cpu: "10m", memory: "32Mi" } };
  const containers = [{ name: "simple", image: "simple", resources }];
  const ports = [{ name: "game", containerPort: 7654 }];
  const spec = { ports, counters: COUNTERS, lists: LISTS, template: { spec: { containers } } };
  const template = { metadata: { labels }, spec };
  const { status, body } = await instance.request(
    "POST",
    pathOf({ kind: "Fleet", namespace: "default" }),
    { metadata: { name }, spec: { replicas, scheduling, template } },
  );
  if (status !== 201) throw new Error(JSON.stringify(body));
  while ((await serversOf(name, "Ready")).length < replicas) await sleep(25);
}

async function serversOf(fleet: string, state: string): Promise<readonly GameServer[]> {
  const path = pathOf({ kind: "GameServer", namespace: "default" });
  const selector = `labelSelector=agones.dev/fleet=${fleet}&fieldSelector=status.state=${state}`;
  const { body } = await instance.request("GET", `${path}?${selector}`);
  return (body as { items: readonly GameServer[] }).items;
}

const of = (fleet: string, more: object = {}): object => ({
  matchLabels: { "agones.dev/fleet": fleet },
  ...more,
});

async function allocate(spec: object): Promise<AllocationStatus> {
  const path = pathOf({ kind: "GameServerAllocation", namespace: "default" });
  const { status, body } = await instance.request("POST", path, { spec });
  if (status !== 201) throw new Error(JSON.stringify(body));
  return (body as { status: AllocationStatus }).status;
}
const statusOf = async (name: string): Promise<GameServer["status"]> =>
  (await seen(instance, "GameServer", name)).status as unknown as GameServer["status"];

describe("an allocation, as Agones' own tests ask for one", () => {
  it.each(["Packed", "Distributed"] as const)("gives a Ready server of a %s fleet", async (how) => {
    const name = how.toLowerCase();
    await readyFleet({ name, replicas: 1, scheduling: how });
    const { state, gameServerName, ports, address } = await allocate({
      selectors: [of(name)],
      scheduling: how,
    });
    expect([state, (await statusOf(gameServerName)).state]).toEqual(["Allocated", "Allocated"]);
    expect(address).toBe("127.0.0.1");
    await expect.poll(() => tellUdp(ports[0]?.port ?? 0, "STATE"), SOON).toBe("ACK: Allocated");
  });

  it("finds one by its state, an Allocated one before a Ready one", async () => {
    await readyFleet({ name: "states", replicas: 2 });
    const spec = { selectors: [of("states", { gameServerState: "Allocated" }), of("states")] };
    const first = await allocate(spec);
    const second = await allocate(spec);
    expect([first.state, second.gameServerName]).toEqual(["Allocated", first.gameServerName]);
  });

  it("puts many sessions on one server by a label that the game takes away and gives back", async () => {
    const lock = "agones.dev/sdk-available";
    await readyFleet({ name: "dense", replicas: 1, labels: { [lock]: "true" } });
    const matchLabels = { "agones.dev/fleet": "dense", [lock]: "true" };
    const spec = {
      selectors: [
        { matchLabels, gameServerState: "Allocated" },
        { matchLabels, gameServerState: "Ready" },
      ],
      metadata: { labels: { [lock]: "false" } },
    };
    const first = await allocate(spec);
    expect([first.state, (await allocate(spec)).state]).toEqual(["Allocated", "UnAllocated"]);
    expect(await tellUdp(first.ports[0]?.port ?? 0, "LABEL available true")).toBe("ACK: LABEL");
    await until(
      instance,
      ["GameServer", first.gameServerName],
      ({ metadata }) => metadata.labels?.[lock] === "true",
    );
    expect((await allocate(spec)).gameServerName).toBe(first.gameServerName);
  });

  it("selects by Counters and Lists", async () => {
    await readyFleet({ name: "data", replicas: 1 });
    const ask = (bounds: object) => allocate({ selectors: [of("data", bounds)] });
    const misses = [
      { counters: { rooms: { minAvailable: 3 } } },
      { counters: { rooms: { maxCount: 0, minCount: 2 } } },
      { counters: { none: { minAvailable: 0 } } },
      { lists: { players: { containsValue: "ben" } } },
      { lists: { players: { minAvailable: 3 } } },
      { lists: { players: { maxAvailable: 1 } } },
    ];
    for (const bounds of misses) expect((await ask(bounds)).state).toBe("UnAllocated");
    const all = {
      counters: { rooms: { minCount: 1, maxCount: 1, minAvailable: 2, maxAvailable: 2 } },
      lists: { players: { containsValue: "ann", minAvailable: 2, maxAvailable: 2 } },
    };
    const { counters, lists } = await ask(all);
    expect([counters, lists]).toEqual([COUNTERS, LISTS]);
  });

  it("acts on Counters, cut to what fits, and the game sees it", async () => {
    await readyFleet({ name: "counting", replicas: 1 });
    const spec = { selectors: [of("counting", { gameServerState: "Allocated" }), of("counting")] };
    const act = (rooms: object) => allocate({ ...spec, counters: { rooms } });
    const { ports } = await act({ action: "Increment", amount: 1 });
    const port = ports[0]?.port ?? 0;
    await expect.poll(() => tellUdp(port, "GET_COUNTER_COUNT rooms"), SOON).toBe("ACK: 2");
    const counts = [];
    for (const action of [
      { action: "Increment", amount: 7 },
      { action: "Decrement", amount: 2 },
      { capacity: 20, action: "Increment", amount: 10 },
      { capacity: 4 },
      { action: "Decrement", amount: 9 },
    ])
      counts.push((await act(action)).counters?.rooms);
    expect(counts).toEqual([
      { count: 3, capacity: 3 },
      { count: 1, capacity: 3 },
      { count: 11, capacity: 20 },
      { count: 4, capacity: 4 },
      { count: 0, capacity: 4 },
    ]);
    await expect.poll(() => tellUdp(port, "GET_COUNTER_CAPACITY rooms"), SOON).toBe("ACK: 4");
  });

  it("acts on Lists, cut to what fits, and the game sees it", async () => {
    await readyFleet({ name: "listing", replicas: 1 });
    const spec = { selectors: [of("listing", { gameServerState: "Allocated" }), of("listing")] };
    const act = (players: object) => allocate({ ...spec, lists: { players } });
    const { ports, gameServerName } = await act({ addValues: ["ben", "ann"] });
    const port = ports[0]?.port ?? 0;
    await expect.poll(() => tellUdp(port, "GET_LIST_VALUES players"), SOON).toBe("ACK: ann,ben");
    const lists = [];
    for (const action of [
      { addValues: ["cid", "dan"] },
      { deleteValues: ["ann", "nobody"] },
      { capacity: 1 },
      { capacity: 4, addValues: ["eve"], deleteValues: ["ben"] },
    ])
      lists.push((await act(action)).lists?.players);
    expect(lists).toEqual([
      { capacity: 3, values: ["ann", "ben", "cid"] },
      { capacity: 3, values: ["ben", "cid"] },
      { capacity: 1, values: ["ben"] },
      { capacity: 4, values: ["eve"] },
    ]);
    expect((await statusOf(gameServerName)).lists?.players?.values).toEqual(["eve"]);
    await expect.poll(() => tellUdp(port, "GET_LIST_VALUES players"), SOON).toBe("ACK: eve");
  });

  it("gives nothing of a fleet that is full, and says so", async () => {
    await readyFleet({ name: "full", replicas: 1 });
    await allocate({ selectors: [of("full")] });
    const { state, gameServerName, message } = await allocate({ selectors: [of("full")] });
    expect([state, gameServerName]).toEqual(["UnAllocated", ""]);
    expect(message).toContain("fleet full wants 1: 0 Ready, 1 held, 0 on the way");
  });

  it("sets labels and annotations as they are given, and tells those that there are", async () => {
    await readyFleet({ name: "patched", replicas: 1, labels: { role: "front" } });
    const labels = { mode: "deathmatch" };
    const annotations = { map: "searide" };
    const given = await allocate({
      selectors: [of("patched")],
      metadata: { labels, annotations },
    });
    expect(given.metadata?.labels).toMatchObject({ ...labels, role: "front" });
    expect(given.metadata?.annotations).toMatchObject(annotations);
    const { metadata } = await seen(instance, "GameServer", given.gameServerName);
    expect(metadata).toMatchObject({ labels, annotations });
  });

  it("prefers in the order of its selectors, also in the deprecated form", async () => {
    await readyFleet({ name: "first", replicas: 1 });
    await readyFleet({ name: "second", replicas: 2 });
    const spec = { required: of("second"), preferred: [of("first")] };
    const names = [];
    for (let i = 0; i < 4; i++) names.push((await allocate(spec)).gameServerName.split("-")[0]);
    expect(names).toEqual(["first", "second", "second", ""]);
  });

  it("is not kept: there is nothing to get or to delete", async () => {
    await allocate({ selectors: [of("nobody")] });
    const path = pathOf({ kind: "GameServerAllocation", namespace: "default" });
    expect((await instance.request("GET", path)).status).toBe(405);
    expect((await instance.request("GET", `${path}/x`)).status).toBe(404);
  });

  it("gives each server to one of many clients at once", async () => {
    await readyFleet({ name: "crowd", replicas: 6 });
    const asked = Array.from({ length: 12 }, () => allocate({ selectors: [of("crowd")] }));
    const names = (await Promise.all(asked)).map(({ gameServerName }) => gameServerName);
    const given = names.filter((name) => name !== "");
    expect([given.length, new Set(given).size]).toEqual([6, 6]);
  });

  it("never gives a server that is being deleted, and a deletion takes none that was given", async () => {
    await readyFleet({ name: "deleted", replicas: 5 });
    const scale = pathOf({ kind: "Fleet", namespace: "default", name: "deleted" });
    const type = { "content-type": "application/merge-patch+json" };
    const given: string[] = [];
    let scaling: Promise<unknown> | undefined;
    for (let i = 0; i < 20; i++) {
      const { gameServerName } = await allocate({ selectors: [of("deleted")] });
      if (gameServerName !== "") given.push(gameServerName);
      // Beside the others, as soon as the first one is out.
      scaling ??= instance.request("PATCH", scale, { spec: { replicas: 0 } }, type);
      await sleep(10);
    }
    await scaling;
    expect(given.length).toBeGreaterThan(0);
    while ((await serversOf("deleted", "Ready")).length > 0) await sleep(25);
    const left = (await serversOf("deleted", "Allocated")).map(({ metadata }) => metadata.name);
    expect([...left].sort()).toEqual([...new Set(given)].sort());
  });

  it("waits for a server that its own request woke the fleet for", async () => {
    await readyFleet({ name: "asleep", replicas: 0 });
    const players = { type: "Counter", key: "rooms", perServer: 3, minReplicas: 0, maxReplicas: 2 };
    const spec = { fleetName: "asleep", policy: { type: "Players", players } };
    const path = pathOf({ kind: "FleetAutoscaler", namespace: "default" });
    const { status } = await instance.request("POST", path, { metadata: { name: "asleep" }, spec });
    expect(status).toBe(201);
    const given = await allocate({ selectors: [of("asleep")], waitUpTo: "60s" });
    expect(given.state).toBe("Allocated");
    expect(portOf(await seen(instance, "GameServer", given.gameServerName))).toBe(
      given.ports[0]?.port,
    );
  });
});
