import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { FlotillaUp, LOOPBACK } from "./flotilla-up.ts";
import { ARENA, GameServers } from "./game-servers.ts";
import { busySeconds, machine, percentile, round } from "./machine.ts";
import { writeResult } from "./result.ts";

/*
 * How long a game server of the arena takes from its creation until it is Ready by its own word through the SDK, how many do so
 * a second, and how soon a fleet starts a new one when its last spare was allocated.
 */
const { values } = parseArgs({
  options: {
    servers: { type: "string", default: "20" },
    seconds: { type: "string", default: "10" },
    "at-once": { type: "string", default: "4" },
    spares: { type: "string", default: "20" },
    json: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const USAGE = `node loadtest/bench/ready.ts [--servers N] [--seconds S] [--at-once N] [--spares N]    (root)
  --json  also writes everything to this file
  --servers  started one after the other, and as often the bare program beside them
  --seconds  of starts at a stretch, with --at-once under way
  --spares   allocations of a fleet's last Ready server`;
const ALLOCATIONS = "/apis/allocation.agones.dev/v1/namespaces/default/gameserverallocations";
const FLEETS = "/apis/agones.dev/v1/namespaces/default/fleets";
const AUTOSCALERS = "/apis/autoscaling.agones.dev/v1/namespaces/default/fleetautoscalers";

export interface ReadyRow {
  readonly what: string;
  readonly count: number;
  readonly p50Ms?: number;
  readonly p90Ms?: number;
  readonly maxMs?: number;
  readonly perSecond?: number;
  readonly cpuMsEach?: number;
  readonly machineBusy?: number;
}

function rowOf(what: string, latencies: number[]): ReadyRow {
  const sorted = latencies.toSorted((a, b) => a - b);
  const [p50Ms, p90Ms] = [percentile(sorted, 0.5), percentile(sorted, 0.9)];
  return { what, count: sorted.length, p50Ms, p90Ms, maxMs: round(sorted.at(-1) ?? 0) };
}

/** The yardstick: the same bundle run by hand until it listens. */
async function bareStart(state: string): Promise<number> {
  const layers = join(state, "layers");
  const programs = readdirSync(layers).map((name) => join(layers, name, "app/main.mjs"));
  const program = programs.find((path) => existsSync(path));
  if (program === undefined) throw new Error("no layer holds the game's bundle");
  const began = performance.now();
  const child = spawn(process.execPath, [program], {
    env: { NODE_ENV: "production", FLOTILLA_PORT_GAME: "0", FLOTILLA_PORT_UDP: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const chunk of child.stdout) if (String(chunk).includes("listening")) break;
  const took = performance.now() - began;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
  return took;
}

async function oneByOne(up: FlotillaUp, servers: GameServers): Promise<ReadyRow[]> {
  const all: number[] = [];
  const started: number[] = [];
  const bare: number[] = [];
  for (let i = 0; i < Number(values.servers); i++) {
    const name = `one-${i}`;
    const began = performance.now();
    await servers.create(name);
    const ready = await servers.state(name, "Ready");
    all.push(ready - began);
    started.push((servers.at(name, "Scheduled") ?? 0) - began);
    await servers.delete(name);
    await servers.state(name, "gone");
    bare.push(await bareStart(up.state));
  }
  return [
    rowOf("create → container runs", started),
    rowOf("create → Ready", all),
    rowOf("bare start → listens", bare),
  ];
}

/** Each is deleted as soon as it is Ready, and the next begins. */
async function sustained(servers: GameServers): Promise<ReadyRow> {
  const latencies: number[] = [];
  const began = performance.now();
  const busy = busySeconds();
  const until = began + Number(values.seconds) * 1000;
  const chain = async (chainNumber: number): Promise<void> => {
    for (let i = 0; performance.now() < until; i++) {
      const name = `many-${chainNumber}-${i}`;
      const before = performance.now();
      await servers.create(name);
      latencies.push((await servers.state(name, "Ready")) - before);
      await servers.delete(name);
    }
  };
  await Promise.all(Array.from({ length: Number(values["at-once"]) }, (_, n) => chain(n)));
  const seconds = (performance.now() - began) / 1000;
  const used = busySeconds() - busy;
  return {
    ...rowOf(`create → Ready, ${values["at-once"]} at once`, latencies),
    perSecond: round(latencies.length / seconds),
    cpuMsEach: round((used * 1000) / latencies.length),
    machineBusy: round(used / seconds / machine().cpus),
  };
}

/** A fleet that keeps one spare: from the allocation's answer until the container of the next one runs. */
async function replacements(up: FlotillaUp, servers: GameServers): Promise<ReadyRow> {
  const meta = { apiVersion: "agones.dev/v1", kind: "Fleet", metadata: { name: "spare" } };
  await up.request("POST", FLEETS, { ...meta, spec: { replicas: 1, template: { spec: ARENA } } });
  const buffer = { bufferSize: 1, minReplicas: 1, maxReplicas: 10 };
  await up.request("POST", AUTOSCALERS, {
    apiVersion: "autoscaling.agones.dev/v1",
    kind: "FleetAutoscaler",
    metadata: { name: "spare" },
    spec: { fleetName: "spare", policy: { type: "Buffer", buffer } },
  });
  const latencies: number[] = [];
  const spares = (): string[] =>
    servers
      .seen("Ready")
      .filter((name) => name.startsWith("spare-") && servers.at(name, "Allocated") === undefined);
  for (let i = 0; i < Number(values.spares); i++) {
    await servers.until("one spare", () => spares().length === 1);
    const before = new Set(servers.seen("Scheduled"));
    const fresh = (): string[] => servers.seen("Scheduled").filter((name) => !before.has(name));
    const asked = performance.now();
    const selectors = [{ matchLabels: { "agones.dev/fleet": "spare" } }];
    const kind = { apiVersion: "allocation.agones.dev/v1", kind: "GameServerAllocation" };
    const answer = await up.request("POST", ALLOCATIONS, { ...kind, spec: { selectors } });
    const { gameServerName } = (answer as { status: { gameServerName: string } }).status;
    await servers.until("a replacement", () => fresh().length > 0);
    latencies.push((servers.at(fresh()[0] ?? "", "Scheduled") ?? 0) - asked);
    await servers.until("its Ready", () => spares().length === 1);
    await servers.delete(gameServerName);
    await servers.state(gameServerName, "gone");
  }
  return rowOf("allocation of the last spare → replacement runs", latencies);
}

/** All of it against one instance. */
async function benchReady(): Promise<object> {
  await using up = await FlotillaUp.start(["examples/demo/image.yaml"], LOOPBACK);
  using servers = await GameServers.watch(up);
  await servers.create("first");
  await servers.state("first", "Ready");
  await servers.delete("first");
  const rows = [
    ...(await oneByOne(up, servers)),
    await sustained(servers),
    await replacements(up, servers),
  ];
  console.table(rows);
  return { bench: "ready", machine: machine(), rows };
}

if (values.help) console.log(USAGE);
else writeResult(values.json, await benchReady());
