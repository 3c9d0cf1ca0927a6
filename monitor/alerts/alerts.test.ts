import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AlertMessage } from "../../core/model/alert.ts";
import type { HistoryRow } from "../../core/model/history.ts";
import { NOT_HEARD, type Node, type NodeStatus } from "../../core/model/node.ts";
import { FakeClock } from "../../core/std/fake-clock.ts";
import { silentLogger } from "../../core/std/logger.ts";
import { seededRandom } from "../../core/std/random.ts";
import { STORE_BOUNDS } from "../../store/live-store.ts";
import { MemoryCommitLog } from "../../store/memory/memory-commit-log.ts";
import { openMemoryResourceStore } from "../../store/memory/memory-resource-store.ts";
import type { ResourceStore } from "../../store/resource-store.ts";
import { Metrics } from "../metrics.ts";
import { Alerts } from "./alerts.ts";
import { quietBehaviours, SyntheticSamples } from "./synthetic-samples.fixture.ts";

const START = Date.parse("2026-11-01T00:00:00Z");
let folder: string;
let store: ResourceStore;
let clock: FakeClock;
let silentMs: number;
let portsFree: number;
let sent: AlertMessage[];
let tellRows: (rows: readonly HistoryRow[]) => void;
let metrics: Metrics;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "flotilla-alerts-"));
  clock = new FakeClock(START);
  const base = { clock, logger: silentLogger };
  store = openMemoryResourceStore(
    { ...STORE_BOUNDS, ...base },
    new MemoryCommitLog({ keep: false }),
  );
  silentMs = 0;
  portsFree = 1_001;
  sent = [];
  await store.commit([{ op: "create", object: nodeOf("n1", 40) }]);
});
afterEach(async () => {
  await store[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

function nodeOf(name: string, diskFreePercent: number): Node {
  const status: NodeStatus = {
    ...{ ...NOT_HEARD, ready: true, heartbeatAt: "2026-11-01T00:00:00Z" },
    disk: { totalBytes: 1_000, freeBytes: diskFreePercent * 10 },
    networks: [
      { network: "default/default", subnet: "10.87.0.0/22", addresses: 1_021, usedPercent: 10 },
    ],
  };
  const metadata = { name, namespace: "", uid: name, resourceVersion: "0", generation: 1 };
  return {
    ...{ apiVersion: "flotilla.dev/v1", kind: "Node", spec: { unschedulable: false }, status },
    metadata: { ...metadata, creationTimestamp: "2026-11-01T00:00:00Z" },
  };
}

function open(samples: SyntheticSamples, recalled: readonly HistoryRow[] = []): Promise<Alerts> {
  metrics = new Metrics();
  return Alerts.open({
    ...{ store, samples, metrics, clock, logger: silentLogger, file: join(folder, "alerts.json") },
    history: {
      onRows: (listener) => {
        tellRows = listener;
        return { [Symbol.dispose]: () => undefined };
      },
      read: async () => recalled,
    },
    nodes: { silentMs: () => silentMs, lostAfterMs: 30_000, portsFree: () => portsFree },
    send: (message) => void sent.push(message),
  });
}
const quiet = (seed = 1): SyntheticSamples => new SyntheticSamples(seed, START, quietBehaviours());

let rows = 0;
function row(name: string, change: Partial<HistoryRow>): HistoryRow {
  rows += 1;
  return {
    ...{ id: rows, atMs: clock.now(), kind: "GameServer", namespace: "default", name, uid: name },
    ...{
      fleet: "arena",
      node: "n1",
      from: "Ready",
      to: "Allocated",
      reason: "Allocated",
      by: "allocation",
    },
    ...change,
  };
}

/** What happens in a fleet within one second of an ordinary hour: sessions, a rollout, a crash now and then. */
function* ordinary(second: number, random: ReturnType<typeof seededRandom>): Generator<HistoryRow> {
  const name = `gs-${random.integer(1, 50)}`;
  if (random.next() < 0.5) yield row(name, {});
  if (random.next() < 0.4)
    yield row(name, { from: "Allocated", to: "Shutdown", reason: "SdkRequest", by: "game" });
  if (second % 200 === 0)
    yield row(name, { from: "Allocated", to: "Unhealthy", reason: "Exited", by: "node n1" });
  if (second % 1_200 < 40) {
    yield row(`old-${second}`, { to: "Terminating", reason: "RollingUpdate", by: "fleet arena" });
    yield row(`new-${second}`, { from: "", to: "Creating", reason: "ScaleUp", by: "fleet arena" });
    yield row(`new-${second}`, { from: "Starting", to: "Ready", reason: "SdkRequest", by: "game" });
  }
}

describe("the alerts", () => {
  it.each([1, 2])("tell nobody of anything in a quiet hour: seed %i", async (seed) => {
    const samples = quiet(seed);
    const random = seededRandom(seed);
    using alerts = await open(samples);
    for (let second = 0; second < 3_600; second++) {
      await clock.advance(1_000);
      samples.step();
      // Heartbeats come every two seconds, some of them late.
      silentMs = random.integer(0, 2_000) + (random.next() < 0.01 ? 3_000 : 0);
      portsFree = 1_001 - random.integer(0, 300);
      tellRows([...ordinary(second, random)]);
      alerts.look();
    }
    expect({ list: alerts.list(), sent }).toEqual({ list: [], sent: [] });
  });

  it("tell of a fault and of its end, once each, and count what fires", async () => {
    using alerts = await open(quiet());
    let changes = 0;
    using _listening = alerts.onChange(() => (changes += 1));
    silentMs = 7_500;
    for (let i = 0; i < 5; i++) await second(alerts);
    expect(alerts.alertCounts()).toEqual({ firing: 1, pending: 0 });
    expect((await metrics.show()).text).toContain(
      'flotilla_alerts{rule="NodeLost",state="firing"} 1',
    );
    silentMs = 100;
    for (let i = 0; i < 20; i++) await second(alerts);
    expect(sent.map(({ event, alert }) => `${event} ${alert.rule}`)).toEqual([
      "firing NodeLost",
      "resolved NodeLost",
    ]);
    expect(new Set(sent.map(({ id }) => id)).size).toBe(2);
    expect(changes).toBeGreaterThanOrEqual(3);
    expect(alerts.alertCounts()).toEqual({ firing: 0, pending: 0 });
  });

  it("make one alert of a node that is lost with a hundred servers", async () => {
    using alerts = await open(quiet());
    silentMs = 30_000;
    tellRows(
      Array.from({ length: 100 }, (_, i) =>
        row(`gs-${i}`, { to: "Unhealthy", reason: "NodeLost", by: "controller" }),
      ),
    );
    await second(alerts);
    expect(alerts.list().map(({ rule, subject }) => `${rule} ${subject.name}`)).toEqual([
      "NodeLost n1",
    ]);
  });

  it("know after a restart what fired, who has seen it, and what is quiet", async () => {
    const oom = row("gs-1", { to: "Unhealthy", reason: "OOMKilled", by: "node n1" });
    await store.commit([{ op: "create", object: { ...nodeOf("n2", 5), kind: "Node" } }]);
    let before: unknown;
    {
      using alerts = await open(quiet());
      for (let i = 0; i < 5; i++) await second(alerts);
      const [full] = alerts.list();
      await alerts.acknowledge(full?.id ?? "", "user ann", "on it");
      const silence = {
        match: { rule: "NodeLost" },
        comment: "",
        by: "user ann",
        endsAtMs: START + 9e6,
      };
      await alerts.silence(silence);
      before = [alerts.list(), alerts.silences()];
    }
    sent = [];
    using alerts = await open(quiet(), [oom]);
    await second(alerts);
    expect([alerts.list(), alerts.silences()]).toEqual(before);
    expect(sent).toEqual([]);
  });

  it("refuse a file that is none, and say what to do", async () => {
    writeFileSync(join(folder, "alerts.json"), "{}");
    await expect(open(quiet())).rejects.toThrow(/delete it to begin without alerts/);
  });

  async function second(alerts: Alerts): Promise<void> {
    await clock.advance(1_000);
    alerts.look();
  }
});
