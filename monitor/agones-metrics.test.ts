import { afterEach, beforeEach, expect, it } from "vitest";
import { admit } from "../core/model/admit.ts";
import type { Fleet } from "../core/model/fleet.ts";
import type { GameServer } from "../core/model/game-server.ts";
import type { GameServerState } from "../core/model/game-server-state.ts";
import type { Node } from "../core/model/node.ts";
import type { Kind } from "../core/model/resource.ts";
import { systemClock } from "../core/std/clock.ts";
import { silentLogger } from "../core/std/logger.ts";
import { STORE_BOUNDS } from "../store/live-store.ts";
import { openMemoryResourceStore } from "../store/memory/memory-resource-store.ts";
import type { ResourceStore } from "../store/resource-store.ts";
import { Metrics } from "./metrics.ts";
import { ResourceGauges } from "./resource-gauges.ts";
import { StateDurations } from "./state-durations.ts";

let store: ResourceStore;
let metrics: Metrics;
let now: number;
beforeEach(() => {
  store = openMemoryResourceStore({ ...STORE_BOUNDS, clock: systemClock, logger: silentLogger });
  metrics = new Metrics();
  now = 0;
});
afterEach(() => store[Symbol.asyncDispose]());

function made(kind: Kind, name: string, rest: object): object {
  const times = { now: "2026-01-01T00:00:00Z", uid: `${kind}-${name}` };
  const input = { metadata: { name }, ...rest };
  return admit(input, { kind, ...times, fieldValidation: "Strict" }).object;
}
const template = { spec: { containers: [{ name: "game", image: "arena" }] } };
function server(name: string, state: GameServerState, nodeName = ""): GameServer {
  const one = made("GameServer", name, { spec: { template } }) as GameServer;
  const labels = { "agones.dev/fleet": "arena" };
  const metadata = { ...one.metadata, labels };
  return { ...one, metadata, status: { ...one.status, state, nodeName } };
}
const create = (object: GameServer | Fleet | Node) => store.commit([{ op: "create", object }]);
async function become(name: string, state: GameServerState): Promise<void> {
  const known = store.get("GameServer", "default", name);
  if (!known) throw new Error(`${name} was there`);
  const object = { ...known, status: { ...known.status, state } };
  const expected = known.metadata.resourceVersion;
  await store.commit([{ op: "update", object, expected }]);
}
/** The lines of one metric, by their labels. */
async function lines(name: string): Promise<readonly string[]> {
  const { text } = await metrics.show();
  const found = text.split("\n").filter((line) => line.startsWith(name));
  return found.map((line) => line.slice(name.length));
}

it("game servers tell how long they were in each state when they leave it", async () => {
  await create(server("before", "Ready"));
  using _durations = new StateDurations(store, metrics, () => now);
  await create(server("a", "Starting"));
  now = 1_500;
  await become("a", "Ready");
  now = 61_500;
  await become("a", "Allocated");
  await become("before", "Allocated");
  const name = "agones_gameserver_state_duration";
  const of = (type: string) => `type="${type}",fleet_name="arena",namespace="default"}`;
  expect(await lines(`${name}_sum`)).toEqual([`{${of("Starting")} 1.5`, `{${of("Ready")} 60`]);
  const buckets = await lines(`${name}_bucket`);
  expect(buckets).toContain(`{le="1",${of("Starting")} 0`);
  expect(buckets).toContain(`{le="2",${of("Starting")} 1`);
  expect(buckets).toContain(`{le="32",${of("Ready")} 0`);
  expect(buckets).toContain(`{le="64",${of("Ready")} 1`);
  now = 70_000;
  await become("before", "Shutdown");
  expect(await lines(`${name}_sum`)).toContain(`{${of("Allocated")} 8.5`);
});

it("of very many fleets the oldest durations are forgotten", async () => {
  using _durations = new StateDurations(store, metrics, () => now);
  for (let i = 0; i < 1_001; i++) {
    const labels = { "agones.dev/fleet": `fleet-${i}` };
    const one = server(`gs-${i}`, "Starting");
    await create({ ...one, metadata: { ...one.metadata, labels } });
    await become(`gs-${i}`, "Ready");
  }
  const counts = await lines("agones_gameserver_state_duration_count");
  expect(counts).toHaveLength(1_000);
  expect(counts.join()).not.toContain('"fleet-0"');
  expect(counts.join()).toContain('"fleet-1000"');
});

it("a scrape counts the game servers of each node once", async () => {
  using _gauges = new ResourceGauges(store, metrics);
  for (const name of ["n1", "n2"]) await create(made("Node", name, {}) as Node);
  for (const name of ["a", "b", "c"]) await create(server(name, "Ready", "n1"));
  const name = "agones_gameservers_node_count";
  const buckets = await lines(`${name}_bucket`);
  expect(buckets).toEqual(
    expect.arrayContaining(['{le="0"} 1', '{le="2"} 1', '{le="3"} 2', '{le="+Inf"} 2']),
  );
  expect(await lines(`${name}_sum`)).toEqual([" 6"]);
});

it("counters and lists of a fleet are shown with Agones' words", async () => {
  using _gauges = new ResourceGauges(store, metrics);
  const fleet = made("Fleet", "arena", { spec: { replicas: 2, template: { spec: { template } } } });
  const rooms = { allocatedCount: 3, allocatedCapacity: 8, count: 3, capacity: 16 };
  const players = { allocatedCount: 5, allocatedCapacity: 10, count: 6, capacity: 20 };
  const status = { ...(fleet as Fleet).status, counters: { rooms }, lists: { players } };
  await create({ ...(fleet as Fleet), status });
  expect(await lines("agones_fleet_counters")).toEqual([
    '{name="arena",namespace="default",type="allocated_count",counter="rooms"} 3',
    '{name="arena",namespace="default",type="allocated_capacity",counter="rooms"} 8',
    '{name="arena",namespace="default",type="total_count",counter="rooms"} 3',
    '{name="arena",namespace="default",type="total_capacity",counter="rooms"} 16',
  ]);
  expect(await lines("agones_fleet_lists")).toContain(
    '{name="arena",namespace="default",type="total_count",list="players"} 6',
  );
});
