import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { FlotillaUp, LOOPBACK } from "./flotilla-up.ts";
import { cpuSecondsOf, machine, round } from "./machine.ts";
import { writeResult } from "./result.ts";

/*
 * What many idle containers cost: each one beyond its own program, and the platform's processes with all of them there.
 */
const { values } = parseArgs({
  options: {
    containers: { type: "string", default: "100" },
    seconds: { type: "string", default: "10" },
    json: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const USAGE = `node loadtest/bench/density.ts [--containers N] [--seconds S] [--json FILE]    (root)
  --containers  of a program that only sleeps
  --seconds     over which the idle platform's CPU is counted`;
const CONTAINERS = "/apis/flotilla.dev/v1/namespaces/default/containers";
const PLATFORM = ["up", "server", "agent", "door", "flotilla-shim"];
const WITHIN_MS = 120_000;

interface Process {
  readonly pid: number;
  readonly part: string;
}

/** Processes of this instance: its parts by name, and what its containers run. */
function processesOf(state: string): Process[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      const mine = `${words}${readFileSync(`/proc/${pid}/environ`, "utf8")}`.includes(state);
      const part = PLATFORM.find((name) => words.some((word) => word.split("/").pop() === name));
      return mine && part ? [{ pid: Number(pid), part }] : [];
    } catch {
      return [];
    }
  });
}

/** The share of memory that would be free again without it: pages that others use too are divided among them. */
function shareKiB(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0);
}

function freeKiB(): number {
  const text = readFileSync("/proc/meminfo", "utf8");
  return Number(/^MemAvailable:\s+(\d+) kB/m.exec(text)?.[1] ?? 0);
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return text === "" ? [] : text.split(" ").map(Number);
}

/** Starts them all; the inits of those that run, as the API tells them. */
async function startAll(up: FlotillaUp, count: number): Promise<readonly number[]> {
  const pids = new Map<string, number>();
  const { promise, resolve } = Promise.withResolvers<void>();
  interface Seen {
    readonly status?: { readonly phase?: string; readonly container?: { readonly pid?: number } };
  }
  using _watch = await up.watch<Seen>(CONTAINERS, ({ object }) => {
    const { status, metadata } = object;
    if (status?.phase === "Running") pids.set(metadata.name, status.container?.pid ?? 0);
    if (pids.size === count) resolve();
  });
  const kind = { apiVersion: "flotilla.dev/v1", kind: "Container" };
  const limits = { cpu: "500m", memory: "64Mi" };
  const spec = {
    name: "idle",
    image: "idle",
    terminationGracePeriodSeconds: 0,
    // Hundreds on two cores: they ask for nothing, so that placing does not stop them.
    resources: { limits, requests: { cpu: 0, memory: 0 } },
  };
  const post = (name: string): Promise<unknown> =>
    up.request("POST", CONTAINERS, { ...kind, metadata: { name }, spec });
  await Promise.all(Array.from({ length: count }, (_, i) => post(`idle-${i}`)));
  await Promise.race([
    promise,
    sleep(WITHIN_MS, undefined, { ref: false }).then(() =>
      Promise.reject(new Error(`only ${pids.size} run`)),
    ),
  ]);
  return [...pids.values()];
}

async function run(): Promise<void> {
  await using up = await FlotillaUp.start(["loadtest/bench/idle.yaml"], LOOPBACK);
  const count = Number(values.containers);
  const before = freeKiB();
  const inits = await startAll(up, count);
  await sleep(2_000);
  const taken = before - freeKiB();
  const programs = inits.flatMap(childrenOf);
  const sum = (pids: readonly number[]): number =>
    pids.reduce((all, pid) => all + shareKiB(pid), 0);
  const platform = processesOf(up.state);
  const cpu = platform.map(({ pid }) => cpuSecondsOf(pid));
  await sleep(Number(values.seconds) * 1_000);
  const rows = platform.map(({ pid, part }, i) => ({
    process: part,
    memoryMiB: round(shareKiB(pid) / 1024),
    cpuPercent: round(((cpuSecondsOf(pid) - (cpu[i] ?? 0)) / Number(values.seconds)) * 100),
  }));
  const each = {
    containers: count,
    initKiB: round(sum(inits) / count),
    programKiB: round(sum(programs) / count),
    /** Of the whole machine, the kernel's part included; others on the machine move it too. */
    machineKiB: round(taken / count),
  };
  const platformMiB = round(rows.reduce((all, { memoryMiB }) => all + memoryMiB, 0));
  console.table(rows);
  console.log({ ...each, platformMiB });
  writeResult(values.json, { bench: "density", machine: machine(), each, platformMiB, rows });
}

if (values.help) console.log(USAGE);
else await run();
