import { expect, it } from "vitest";
import { made } from "../../core/model/admit-inputs.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import type { UsageRow } from "../../core/model/usage.ts";
import { FakeClock } from "../../core/std/fake-clock.ts";
import { silentLogger } from "../../core/std/logger.ts";
import { LiveStore, STORE_BOUNDS } from "../../store/live-store.ts";
import { MemoryCommitLog } from "../../store/memory/memory-commit-log.ts";
import { LiveSamples, SAMPLE_BOUNDS, type SampleBounds } from "./live-samples.ts";

const START = 1_800_000_000_000;
const PLATFORM = {
  ...{ allocations: 3, allocationP50: 1, allocationP99: 2, refused: 0, waiting: 0, storeP99: 1 },
  ...{ loopLag: 0, memory: 1e8 },
};

function server(name: string, uid: string): GameServer {
  const template = { spec: { containers: [{ name: "game", image: "arena" }] } };
  const labels = { "agones.dev/fleet": "arena" };
  const one = made("GameServer", { metadata: { name, labels }, spec: { template } });
  const lists = { players: { capacity: 10, values: ["ann", "ben"] } };
  const status = { ...one.status, state: "Ready" as const, nodeName: "a", lists };
  return { ...one, metadata: { ...one.metadata, uid }, status };
}

async function open(bounds: Partial<SampleBounds> = {}) {
  const clock = new FakeClock(START);
  const parts = { clock, logger: silentLogger };
  const store = new LiveStore(new MemoryCommitLog({ keep: false }), { ...STORE_BOUNDS, ...parts });
  const fleet = made("Fleet", {
    metadata: { name: "arena" },
    spec: { replicas: 2, template: { spec: server("x", "x").spec } },
  });
  await store.commit([
    { op: "create", object: fleet },
    { op: "create", object: server("one", "aaaaaaaa-aaaa-4aaa-aaaa-aaaaaaaaaaaa") },
    { op: "create", object: server("two", "bbbbbbbb-bbbb-4bbb-bbbb-bbbbbbbbbbbb") },
  ]);
  const samples = new LiveSamples({
    ...{ store, ...parts, bounds: { ...SAMPLE_BOUNDS, ...bounds }, roomsOf: () => 4 },
    platform: () => PLATFORM,
  });
  /** A second in which node `a` says that both used so much CPU since their start. */
  const second = async (one: number, two: number): Promise<void> => {
    await clock.advance(1_000);
    const rows: UsageRow[] = [
      ["aaaaaaaaaaaa", one * 1_000, 100, 1],
      ["bbbbbbbbbbbb", two * 1_000, 200, 1],
      ["cccccccccccc", 1, 1, 1],
    ];
    samples.take("a", { atMs: clock.monotonic(), rows });
    samples.tick(clock.now());
  };
  return { clock, store, samples, second };
}
const key = "GameServer/default/one";

it("turns batches of nodes into points each second, with sums by fleet and node", async () => {
  const { store, samples, second } = await open();
  await using _store = store;
  for (const used of [100, 350, 600]) await second(used, 0);
  expect([...samples.recent(key, "cpu")]).toEqual([Number.NaN, 250, 250]);
  expect([...samples.recent(key, "players", 1)]).toEqual([2]);
  expect([...samples.recent("Fleet/default/arena", "cpu", 1)]).toEqual([250]);
  expect([...samples.recent("Fleet/default/arena", "memory", 1)]).toEqual([300]);
  expect([...samples.recent("Fleet/default/arena", "rooms", 1)]).toEqual([4]);
  expect(samples.platform()).toMatchObject({ allocations: 3, rooms: 4 });
  expect([...samples.containers()].map(({ name, fleet, node }) => [name, fleet, node])).toEqual([
    ["one", "arena", "a"],
    ["two", "arena", "a"],
  ]);
  const { times, series } = samples.history(key, 1, START + 2_000) ?? {};
  expect(times).toEqual([START + 2_000, START + 3_000]);
  expect([...(series?.memory ?? [])]).toEqual([100, 100]);
  expect(samples.history("GameServer/default/nobody", 1, 0)).toBeUndefined();
});

it("makes a point of a quarter minute from 15: means, and the peak of memory", async () => {
  const { store, samples, second } = await open();
  await using _store = store;
  for (let i = 1; i <= 31; i++) await second(i * 100, 0);
  const { times, series } = samples.history(key, 15, 0) ?? {};
  expect(times).toEqual([START + 15_000, START + 30_000]);
  expect([...(series?.cpu ?? [])]).toEqual([100, 100]);
  expect(series?.pids).toBeUndefined();
});

it("does not go on telling what a silent node said, and forgets what is gone after a while", async () => {
  const { clock, store, samples, second } = await open({ keepGoneSeconds: 5 });
  await using _store = store;
  await second(1, 1);
  await second(2, 2);
  const seconds = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      await clock.advance(1_000);
      samples.tick(clock.now());
    }
  };
  await seconds(4);
  expect([...samples.recent(key, "cpu")]).toEqual([Number.NaN, 1, 1, 1, 1, Number.NaN]);
  expect([...samples.containers()]).toEqual([]);
  const ref = { kind: "GameServer", namespace: "default", name: "one" } as const;
  await store.commit([{ op: "delete", ref }]);
  await seconds(5);
  expect(samples.recent(key, "cpu")).toHaveLength(6);
  expect(samples.history(key, 1, 0)?.times.at(-1)).toBe(START + 6_000);
  const before = samples.cost.bytes;
  await seconds(1);
  expect(samples.recent(key, "cpu")).toHaveLength(0);
  expect(samples.cost.bytes).toBeLessThan(before);
});

it("takes no row from a node that the container is not on, and no more containers than its bound", async () => {
  const { clock, store, samples, second } = await open({ containersMax: 1 });
  await using _store = store;
  samples.take("b", { atMs: 1, rows: [["aaaaaaaaaaaa", 1, 1, 1]] });
  samples.tick(clock.now());
  expect(samples.cost.containers).toBe(0);
  await second(1, 1);
  expect(samples.cost).toMatchObject({ containers: 1, refused: 1 });
});

it("tells a listener each second until it is disposed, and the machine's own numbers", async () => {
  const { clock, store, samples } = await open();
  await using _store = store;
  await store.commit([{ op: "create", object: made("Node", { metadata: { name: "a" } }) }]);
  const seen: number[] = [];
  const listening = samples.onSecond((atMs) => seen.push(atMs));
  for (const cpuMicros of [1_000_000, 2_500_000]) {
    await clock.advance(1_000);
    const machine = { cpuMicros, memoryBytes: 5e9, load: 0.5 };
    samples.take("a", { atMs: clock.monotonic(), rows: [], machine });
    samples.tick(clock.now());
  }
  listening[Symbol.dispose]();
  samples.tick(clock.now() + 1_000);
  expect(seen).toEqual([START + 1_000, START + 2_000]);
  expect([...samples.recent("Node//a", "cpu", 2)]).toEqual([1_500, 1_500]);
  expect([...samples.recent("Node//a", "load", 1)]).toEqual([0.5]);
});
