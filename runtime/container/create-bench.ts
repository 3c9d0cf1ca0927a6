import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cpuUsage } from "node:process";
import { parseArgs } from "node:util";
import { systemClock } from "../../core/std/clock.ts";
import { silentLogger } from "../../core/std/logger.ts";
import { prepareInstance } from "../cgroup/instance.ts";
import { detectCgroups } from "../cgroup/layout.ts";
import { openImageStore } from "../image/folder-image-store.ts";
import { HostLinux } from "../linux/host-linux.ts";
import { NodeNetwork } from "../network/network.ts";
import { networkFile } from "../network/network-file.ts";
import { fixturePlan, writeFixtureImage } from "./driver-fixture.ts";
import { ShimDriver } from "./shim-driver.ts";
import { ShimLine } from "./shim-line.ts";
import { shimUnpack } from "./shim-unpack.ts";

// Measures how long the agent's driver takes from a cached image to a running container, in a process of its own, and prints
// one line of JSON: started by loadtest/bench/containers.ts.
const { values } = parseArgs({
  options: {
    folder: { type: "string" },
    instance: { type: "string" },
    shim: { type: "string" },
    "one-by-one": { type: "string", default: "50" },
    "at-once": { type: "string", default: "50,200" },
    rounds: { type: "string", default: "1" },
  },
});
const { folder = ".", instance = "be01", shim = "" } = values;
const rounds = Number(values.rounds);
const POOL = "10.88.0.0/16";
const DOOR = { grpcPort: 9357, httpPort: 9358 };
const PORT_FIRST = 20_000;
const REMOVALS_AT_ONCE = 16;

interface Row {
  readonly atOnce: number;
  readonly containers: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly allMs: number;
  readonly perSecond: number;
  /** CPU of agent, shim and container until they run, each. */
  readonly cpuMs: number;
}
let made = 0;

/** An idle program with everything that a game server has: limits, two ports, the way to the SDK. */
function nextPlan(): Parameters<ShimDriver["start"]>[0] {
  const id = randomUUID().replaceAll("-", "").slice(0, 12);
  const hostPort = PORT_FIRST + (made++ % 20_000);
  return fixturePlan(id, [], {
    command: ["/bin/busybox", "sleep", "100000"],
    ports: [
      { name: "game", protocol: "tcp", hostPort, containerPort: 7_654 },
      { name: "udp", protocol: "udp", hostPort, containerPort: 7_655 },
    ],
    limits: { cpuMilli: 500, memoryBytes: 64 << 20, pidsMax: 64 },
    cpuLimited: true,
    sdk: DOOR,
  });
}

async function measure(driver: ShimDriver, atOnce: number, count: number): Promise<Row> {
  const latencies: number[] = [];
  const startOne = async (): Promise<void> => {
    const plan = nextPlan();
    const began = performance.now();
    await driver.start(plan);
    latencies.push(performance.now() - began);
  };
  const cpu = cpuUsage();
  const shimCpu = shimCpuMs();
  let allMs = 0;
  for (let started = 0; started < count; started += atOnce) {
    const began = performance.now();
    await Promise.all(Array.from({ length: atOnce }, startOne));
    allMs += performance.now() - began;
  }
  const { user, system } = cpuUsage(cpu);
  const inside = (await driver.stats()).reduce((sum, { cpuNanos }) => sum + cpuNanos, 0);
  const cpuMs = (user + system) / 1e3 + shimCpuMs() - shimCpu + inside / 1e6;
  await removeAll(driver);
  latencies.sort((a, b) => a - b);
  const at = (part: number): number => round(latencies[Math.floor(count * part)] ?? 0);
  return {
    atOnce,
    containers: count,
    p50Ms: at(0.5),
    p90Ms: at(0.9),
    allMs: round(allMs / (count / atOnce)),
    perSecond: round(count / (allMs / 1e3)),
    cpuMs: round(cpuMs / count),
  };
}

async function removeAll(driver: ShimDriver): Promise<void> {
  const left = [...(await driver.find())];
  const one = async (): Promise<void> => {
    for (let next = left.pop(); next; next = left.pop()) {
      await driver.stop(next.plan.id, 0);
      await driver.remove(next.plan.id);
    }
  };
  await Promise.all(Array.from({ length: REMOVALS_AT_ONCE }, one));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function shimCpuMs(): number {
  const stat = linux.read(`/proc/${child?.pid}/stat`) ?? "";
  const [user = 0, system = 0] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13)
    .map(Number);
  return (user + system) * 10;
}

using linux = new HostLinux();
const layout = detectCgroups(linux);
prepareInstance(linux, layout, instance);
for (const name of ["layers", "containers", "volumes", "secrets", "hosts", "run"])
  mkdirSync(join(folder, name), { recursive: true });
const socket = join(folder, "run/shim.sock");
const allow = join(folder, "run/shim.allow");
const allowed = ["layers", "containers", "volumes", "secrets", "hosts"];
writeFileSync(allow, allowed.map((name) => `${folder}/${name}\n`).join(""), { mode: 0o600 });

let child: ChildProcess | undefined;
function ensureShim(): void {
  if (child) return;
  const flags = { socket, allow, uid: "0", instance, init: join(shim, "flotilla-init") };
  const argv = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  child = spawn(join(shim, "flotilla-shim"), argv, { stdio: ["ignore", "ignore", "inherit"] });
}

const clock = systemClock;
const line = new ShimLine({
  socket,
  ensureShim,
  clock,
  logger: silentLogger,
  patienceMs: 10_000,
  pauseMs: 5,
  triesMax: 10,
});
const network = new NodeNetwork({
  instance,
  shim: line,
  linux,
  clock,
  pool: POOL,
  servicePool: "10.86.0.0/16",
  subnetPrefix: 22,
  networksMax: 4,
  mtu: 1_500,
  hostPorts: "loopback",
  door: DOOR,
  addressRestMs: 0,
  forgetDelayMs: 50,
  ...networkFile(join(folder, "network.json")),
});
const images = await openImageStore({
  root: folder,
  unpack: shimUnpack(join(shim, "flotilla-shim")),
  whiteouts: "overlay",
  clock,
});
await writeFixtureImage(images.images, "busybox");
const driver = await ShimDriver.open({
  platformApi: undefined,
  instance,
  folder,
  line,
  network,
  images,
  layout,
  linux,
  clock,
  logger: silentLogger,
  networkOf: (name) => ({ ...name, outside: false }),
  onAddress: async () => undefined,
  removedLogsMax: 0,
  services: async () => [],
  logPollMs: 100,
  killWaitMs: 10_000,
});
try {
  await measure(driver, 1, 5);
  const rows: Row[] = [];
  for (let i = 0; i < rounds; i++) {
    rows.push(await measure(driver, 1, Number(values["one-by-one"])));
    for (const count of values["at-once"].split(",").map(Number))
      rows.push(await measure(driver, count, count));
  }
  const { layers } = await images.resolve("fixture:latest");
  process.stdout.write(`${JSON.stringify({ rows, layers })}\n`);
} finally {
  await removeAll(driver);
  await driver.uninstall();
  await driver[Symbol.asyncDispose]();
  child?.kill("SIGTERM");
}
