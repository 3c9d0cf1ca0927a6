import { monitorEventLoopDelay } from "node:perf_hooks";
import { parseArgs } from "node:util";
import type { GameServer } from "../../core/model/game-server.ts";
import { systemClock } from "../../core/std/clock.ts";
import { silentLogger } from "../../core/std/logger.ts";
import type { CommitLog } from "../commit-log.ts";
import { LiveStore, STORE_BOUNDS } from "../live-store.ts";
import type { ResourceStore, Write } from "../resource-store.ts";
import { Journal } from "./journal.ts";
import { JOURNAL_BOUNDS, openJournalResourceStore } from "./journal-resource-store.ts";

// Measures commits of this store in a process of its own and prints one line of JSON: started by loadtest/bench/commit.ts.
const { values } = parseArgs({
  options: {
    folder: { type: "string" },
    servers: { type: "string", default: "1000" },
    writers: { type: "string", default: "64" },
    seconds: { type: "string", default: "5" },
  },
});
const folder = values.folder ?? ".";
const servers = Number(values.servers);
const writers = Number(values.writers);
const CREATED_AT_ONCE = 5_000;

/** About 1.5 KB of JSON, as a game server of a real fleet has. */
function gameServer(i: number): GameServer {
  const container = {
    name: "game",
    image: "arena:1",
    env: [{ name: "MAP", value: "m".repeat(700) }],
  };
  return {
    apiVersion: "agones.dev/v1",
    kind: "GameServer",
    metadata: {
      name: `arena-${i}`,
      namespace: "default",
      uid: `00000000-0000-4000-8000-${String(i).padStart(12, "0")}`,
      resourceVersion: "",
      generation: 1,
      creationTimestamp: "2026-01-01T00:00:00Z",
      labels: { "agones.dev/fleet": "arena", "agones.dev/gameserverset": "arena-x2x4v" },
    },
    spec: {
      container: "game",
      ports: [
        {
          name: "udp",
          portPolicy: "Dynamic",
          range: "default",
          protocol: "UDP",
          containerPort: 7654,
        },
      ],
      health: { disabled: false, initialDelaySeconds: 5, periodSeconds: 5, failureThreshold: 5 },
      scheduling: "Packed",
      sdkServer: { logLevel: "Info", grpcPort: 9357, httpPort: 9358 },
      template: { metadata: {}, spec: { containers: [container] } },
    },
    status: {
      state: "Ready",
      ports: [{ name: "udp", port: 7000 + (i % 1000) }],
      address: "192.0.2.10",
      addresses: [{ type: "InternalIP", address: "192.0.2.10" }],
      nodeName: `node-${i % 20}`,
    },
  } as GameServer;
}

/** What an allocation changes: the state, the time of it and the labels that the request asks for. */
function allocation(before: GameServer, n: number): Write {
  const labels = { match: `match-${n}`, players: "x".repeat(120) };
  const annotations = { "agones.dev/last-allocated": new Date(1.8e12 + n).toISOString() };
  const state = before.status.state === "Ready" ? "Allocated" : "Ready";
  const delta = { metadata: { labels, annotations }, status: { state } };
  const { metadata, status } = before;
  const object: GameServer = {
    ...before,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, ...labels },
      annotations: { ...metadata.annotations, ...annotations },
    },
    status: { ...status, state },
  };
  return { op: "update", object, expected: metadata.resourceVersion, delta };
}

async function createAll(store: ResourceStore): Promise<void> {
  for (let from = 0; from < servers; from += CREATED_AT_ONCE) {
    const count = Math.min(CREATED_AT_ONCE, servers - from);
    const commits = Array.from({ length: count }, (_, i) =>
      store.commit([{ op: "create", object: gameServer(from + i) }]),
    );
    await Promise.all(commits);
  }
}

async function measure(store: ResourceStore): Promise<object> {
  const latencies: number[] = [];
  let isOver = false;
  let seen = 0;
  using _watch = store.watch(store.revision, () => {
    seen += 1;
  });
  const write = async (first: number): Promise<void> => {
    for (let i = first; !isOver; i = (i + writers) % servers) {
      const before = store.get("GameServer", "default", `arena-${i}`);
      if (!before) throw new Error(`bug: arena-${i} is gone`);
      const start = performance.now();
      await store.commit([allocation(before, latencies.length)]);
      latencies.push(performance.now() - start);
    }
  };
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const cpu = process.threadCpuUsage();
  const all = process.cpuUsage();
  const start = performance.now();
  setTimeout(() => {
    isOver = true;
  }, Number(values.seconds) * 1_000);
  await Promise.all(Array.from({ length: writers }, (_, i) => write(i)));
  const seconds = (performance.now() - start) / 1_000;
  const { user, system } = process.threadCpuUsage(cpu);
  const used = process.cpuUsage(all);
  const count = latencies.length;
  latencies.sort((a, b) => a - b);
  const at = (part: number): number => round(latencies[Math.floor(count * part)] ?? 0);
  return {
    store: "journal",
    sync: "O_DSYNC on every group",
    servers,
    writers,
    seconds: round(seconds),
    watched: seen,
    writesPerSecond: Math.round(count / seconds),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    p999Ms: at(0.999),
    mainThreadUsPerWrite: round((user + system) / count),
    processUsPerWrite: round((used.user + used.system) / count),
    loopDelayP99Ms: round(delay.percentile(99) / 1e6),
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

const { monotonic } = systemClock;
const options = {
  ...STORE_BOUNDS,
  ...JOURNAL_BOUNDS,
  folder,
  clock: systemClock,
  logger: silentLogger,
  monotonic,
};
const appended = { groups: 0, commits: 0 };

/** The journal, with its appends counted. */
async function openCounted(): Promise<ResourceStore> {
  const journal = await Journal.open(options);
  const log: CommitLog = {
    revision: journal.revision,
    load: () => journal.load(),
    append: (group) => {
      appended.groups += 1;
      appended.commits += group.commits;
      return journal.append(group);
    },
    confirm: () => journal.confirm(),
    onFailure: (listener) => journal.onFailure(listener),
    [Symbol.asyncDispose]: () => journal[Symbol.asyncDispose](),
  };
  const store = new LiveStore(log, options);
  await journal.ready();
  return store;
}

let result: object;
{
  await using store = await openCounted();
  await createAll(store);
  appended.groups = 0;
  appended.commits = 0;
  result = await measure(store);
}
const start = performance.now();
await using again = await openJournalResourceStore(options);
const loadMs = Math.round(performance.now() - start);
const group = round(appended.commits / appended.groups);
const line = { ...result, group, loaded: again.count("GameServer"), loadMs };
process.stdout.write(`${JSON.stringify(line)}\n`);
