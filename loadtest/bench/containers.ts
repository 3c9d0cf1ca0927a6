import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ContainerEngine } from "./container-engine.ts";
import { FlotillaUp, LOOPBACK } from "./flotilla-up.ts";
import { busySeconds, machine, percentile, round } from "./machine.ts";
import { writeResult } from "./result.ts";
import { Runc } from "./runc.ts";

/*
 * How long a container takes from its cached image until it runs, with network, limits, seccomp and two host ports: in the
 * agent's driver alone, through API and commit, and beside them runc with a script around it, docker and podman.
 */
const { values } = parseArgs({
  options: {
    "one-by-one": { type: "string", default: "50" },
    "at-once": { type: "string", default: "50,200" },
    rounds: { type: "string", default: "2" },
    json: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const USAGE = `node loadtest/bench/containers.ts [--one-by-one N] [--at-once N,N] [--rounds N]    (root)
  --json  also writes everything to this file
  --one-by-one  containers started one after the other
  --at-once     containers started together
  --rounds      how often driver and yardstick are measured, in turns`;
const ROOT = join(import.meta.dirname, "../..");
const PROGRAM = join(ROOT, "runtime/container/create-bench.ts");
const CONTAINERS = "/apis/flotilla.dev/v1/namespaces/default/containers";
/** More at once makes a crowd of processes whose own weight is measured. */
const RUNC_AT_ONCE_MAX = 50;
/** They take hundreds of milliseconds each. */
const ENGINE_ONE_BY_ONE = 10;
const WITHIN_MS = 60_000;

export interface ContainersRow {
  readonly what: string;
  readonly atOnce: number;
  readonly containers: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly allMs: number;
  readonly perSecond: number;
  readonly cpuMs?: number;
  /** Of all processors while it ran: above what it used itself, others were at work. */
  readonly machineBusy: number;
}
type Start = () => Promise<void>;
const oneByOne = Number(values["one-by-one"]);
const atOnce = values["at-once"].split(",").map(Number);

async function measure(
  what: string,
  group: number,
  count: number,
  start: Start,
): Promise<ContainersRow> {
  const latencies: number[] = [];
  const busy = busySeconds();
  const began = performance.now();
  for (let started = 0; started < count; started += group) {
    const one = async (): Promise<void> => {
      const before = performance.now();
      await start();
      latencies.push(performance.now() - before);
    };
    // All of them have ended, well or not, before anybody takes them away.
    const results = await Promise.allSettled(Array.from({ length: group }, one));
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }
  const allMs = performance.now() - began;
  latencies.sort((a, b) => a - b);
  return {
    what,
    atOnce: group,
    containers: count,
    p50Ms: percentile(latencies, 0.5),
    p90Ms: percentile(latencies, 0.9),
    allMs: round(allMs / (count / group)),
    perSecond: round(count / (allMs / 1e3)),
    machineBusy: round((busySeconds() - busy) / (allMs / 1e3) / machine().cpus),
  };
}

/** The driver in a process of its own; also where the layers of its image lie. */
async function measureDriver(
  folder: string,
): Promise<{ readonly rows: readonly ContainersRow[]; readonly layers: readonly string[] }> {
  const flags = {
    folder,
    shim: join(ROOT, ".build/shim"),
    "one-by-one": oneByOne,
    "at-once": atOnce,
  };
  const argv = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  const node = ["--disable-warning=ExperimentalWarning", PROGRAM, ...argv];
  const child = spawn(process.execPath, node, { stdio: ["ignore", "pipe", "inherit"] });
  const chunks = await child.stdout.setEncoding("utf8").toArray();
  if (chunks.length === 0) throw new Error("the driver's process gave no result");
  const result = JSON.parse(chunks.join("")) as Awaited<ReturnType<typeof measureDriver>>;
  return { ...result, rows: result.rows.map((row) => ({ ...row, what: "driver of the agent" })) };
}

/** Something else that starts containers: one by one, then as many at once as it can take. */
interface Yardstick {
  readonly startOne: Start;
  readonly removeAll: () => Promise<void>;
}

async function measureYardstick(
  what: string,
  counts: readonly (readonly [group: number, count: number])[],
  yardstick: Yardstick,
): Promise<ContainersRow[]> {
  const rows: ContainersRow[] = [];
  for (const [group, count] of counts)
    try {
      rows.push(await measure(what, group, count, () => yardstick.startOne()));
    } finally {
      await yardstick.removeAll();
    }
  return rows;
}

async function measureRunc(folder: string, layers: readonly string[]): Promise<ContainersRow[]> {
  using runc = new Runc({ folder, layers });
  const crowds = atOnce.filter((n) => n <= RUNC_AT_ONCE_MAX).map((n) => [n, n] as const);
  return await measureYardstick("runc, ip, mount, nft", [[1, oneByOne], ...crowds], runc);
}

/** `docker run` and `podman run`, where they can run containers. */
async function measureEngines(folder: string, layers: readonly string[]): Promise<ContainersRow[]> {
  const rows: ContainersRow[] = [];
  for (const name of ["docker", "podman"] as const) {
    if (ContainerEngine.version(name) === undefined) continue;
    using engine = new ContainerEngine({ name, folder, layers });
    rows.push(...(await measureYardstick(`${name} run`, [[1, ENGINE_ONE_BY_ONE]], engine)));
  }
  return rows;
}

interface Seen {
  readonly status?: { readonly phase?: string };
}

/** Created by POST, until a watch shows it Running. */
async function measureApi(): Promise<ContainersRow[]> {
  await using up = await FlotillaUp.start(["loadtest/bench/idle.yaml"], LOOPBACK);
  const waiting = new Map<string, PromiseWithResolvers<void>>();
  const there = new Set<string>();
  let wake = (): void => undefined;
  using _watch = await up.watch<Seen>(CONTAINERS, ({ type, object }) => {
    const { name } = object.metadata;
    if (type === "DELETED") there.delete(name);
    else if (type !== "BOOKMARK") there.add(name);
    if (there.size === 0) wake();
    if (object.status?.phase === "Running") waiting.get(name)?.resolve();
    if (object.status?.phase === "Failed")
      waiting.get(name)?.reject(new Error(`${name}: ${JSON.stringify(object.status)}`));
  });
  let count = 0;
  const start = async (): Promise<void> => {
    const name = `idle-${count++}`;
    const running = Promise.withResolvers<void>();
    waiting.set(name, running);
    await up.request("POST", CONTAINERS, containerOf(name));
    await running.promise;
  };
  const rows: ContainersRow[] = [];
  await measure("", 1, 3, start);
  for (const [group, total] of [[1, oneByOne], ...atOnce.map((n) => [n, n])] as [
    number,
    number,
  ][]) {
    rows.push(await measure("API, commit, agent, watch", group, total, start));
    const gone = new Promise<void>((resolve, reject) => {
      wake = resolve;
      setTimeout(() => reject(new Error("containers were not removed in time")), WITHIN_MS).unref();
    });
    await Promise.all([...there].map((name) => up.request("DELETE", `${CONTAINERS}/${name}`)));
    await gone;
  }
  return rows;
}

function containerOf(name: string): object {
  return {
    apiVersion: "flotilla.dev/v1",
    kind: "Container",
    metadata: { name },
    spec: {
      name: "idle",
      image: "idle",
      terminationGracePeriodSeconds: 0,
      resources: {
        limits: { cpu: "500m", memory: "64Mi" },
        requests: { cpu: 0, memory: 0 },
      },
      ports: [
        { name: "game", containerPort: 7654, protocol: "TCP" },
        { name: "udp", containerPort: 7655, protocol: "UDP" },
      ],
    },
  };
}

/** Driver and yardstick in turns, then everything from POST to watch. */
async function benchContainers(): Promise<object> {
  const folder = mkdtempSync(join(tmpdir(), "flotilla-bench-"));
  chmodSync(folder, 0o755);
  try {
    const rows: ContainersRow[] = [];
    for (let round = 0; round < Number(values.rounds); round++) {
      const { rows: own, layers } = await measureDriver(folder);
      rows.push(...own);
      if (Runc.version()) rows.push(...(await measureRunc(folder, layers)));
      if (round === 0) rows.push(...(await measureEngines(folder, layers)));
    }
    rows.push(...(await measureApi()));
    console.table(rows);
    return { bench: "containers", machine: machine(), runc: Runc.version(), rows };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (values.help) console.log(USAGE);
else writeResult(values.json, await benchContainers());
