import { chmodSync, mkdirSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { freePort } from "../../core/std/free-port.ts";
import { FakeAgents } from "./fake-agents.ts";
import { FlotillaServer } from "./flotilla-server.ts";
import type { LoadReport } from "./load-process.ts";
import { busySeconds, cpuSecondsOf, machine, measureDisk, residentMiB, round } from "./machine.ts";
import { writeResult } from "./result.ts";
import { runLoad } from "./run-load.ts";
import { startYardsticks, type Yardstick } from "./yardsticks.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "10" },
    servers: { type: "string", default: "1000,100000" },
    clients: { type: "string", default: "1,64,256" },
    asks: { type: "string", default: "label,full,batch,grpc" },
    connections: { type: "string", default: "4" },
    fleets: { type: "string", default: "100" },
    folder: { type: "string", default: tmpdir() },
    profile: { type: "string" },
    "node-flags": { type: "string", default: "" },
    "no-yardsticks": { type: "boolean", default: false },
    json: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const USAGE = `node loadtest/bench/allocate.ts [--seconds S] [--servers N,…] [--clients N,…] [--asks WHAT,…]
                                   [--fleets N] [--connections N] [--folder DISK] [--no-yardsticks] [--profile FOLDER] [--node-flags FLAGS] [--json FILE]
  --seconds        duration of each row
  --servers        Ready game servers, on one fake machine per 50 (at most 200)
  --clients        connections that ask as fast as they are answered
  --asks           label: one fleet by its label; full: three selectors with counters and expressions, a priority, an
                   action on a counter and a label to set; batch: 100 of the first kind in one request; grpc: the first
                   kind by Agones' allocation service, with client certificates; grpc-js: that by the official Node
                   client. All but label with 64 clients only
  --connections    that the clients of gRPC share
  --fleets         fleets that are there; all but the one that is asked for have five servers each
  --folder         a folder on the disk to measure; temporary ones are made in it
  --no-yardsticks  leaves out the bare server, etcd and Redis
  --profile        the server writes a CPU profile into this folder when it ends
  --node-flags     for the server's Node, such as --node-flags=--max-semi-space-size=32
  --json           also writes everything to this file`;

const SETTLE_MS = 3_000;
const READY_WITHIN_MS = 180_000;
const YARDSTICK_CLIENTS = 64;
const BATCH = 100;
/** Clients that send batches: more would wait for the returns of a thousand servers. */
const BATCH_CLIENTS = 8;
const OTHER_FLEET_SERVERS = 5;
type Ask = "label" | "full" | "batch" | "grpc" | "grpc-js";
const FLEETS = "/apis/agones.dev/v1/namespaces/default/fleets";

interface Row {
  readonly what: string;
  readonly ready: number;
  readonly clients: number;
  readonly returning: boolean;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly requests: number;
  readonly duplicates: number;
  readonly none: number;
  readonly leastReady: number;
  readonly failures: number;
  readonly returned: number;
  /** Of one processor: the server, the fake machines, the generator, and everything else on the computer. */
  readonly serverCpu: number;
  /** Of the server per allocation; with returns minus without is what a return costs it. */
  readonly serverUs: number;
  readonly agentsCpu: number;
  readonly loadCpu: number;
  readonly otherCpu: number;
  readonly serverMiB: number;
}

/** Ctrl-C ends what was started and takes the folders away. */
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stop.abort());

/** A control plane with its machines, all of its servers Ready. */
class Bed implements AsyncDisposable {
  readonly server: FlotillaServer;
  readonly agents: FakeAgents;
  readonly servers: number;
  readonly readyAfterSeconds: number;
  readonly state: string;
  readonly grpcPort: number;

  private constructor(
    state: string,
    grpcPort: number,
    server: FlotillaServer,
    agents: FakeAgents,
    servers: number,
    seconds: number,
  ) {
    this.state = state;
    this.grpcPort = grpcPort;
    this.server = server;
    this.agents = agents;
    this.servers = servers;
    this.readyAfterSeconds = seconds;
  }

  static async open(servers: number): Promise<Bed> {
    const state = await mkdtemp(join(values.folder, "flotilla-allocate-"));
    // The server gives up root: it must still find its way to its folder.
    await chmod(state, 0o755);
    const grpcPort = await freePort();
    const server = await FlotillaServer.start({
      state,
      port: await freePort(),
      allocatorListen: `127.0.0.1:${grpcPort}`,
      nodeFlags: serverFlags(),
    });
    const began = performance.now();
    const agents = new FakeAgents({
      url: server.url,
      token: server.token("agent"),
      nodes: Math.min(200, Math.ceil(servers / 50)),
      returnAfterMs: servers >= 10_000 ? 500 : 5,
    });
    await server.post(FLEETS, fleetOf("bench", servers));
    for (let i = 1; i < Number(values.fleets); i++)
      await server.post(FLEETS, fleetOf(`other-${i}`, OTHER_FLEET_SERVERS));
    await allReady(agents, servers + others());
    const seconds = (performance.now() - began) / 1000;
    return new Bed(state, grpcPort, server, agents, servers, seconds);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.agents[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
    await rm(this.state, { recursive: true });
  }
}

function serverFlags(): string[] {
  const { profile } = values;
  const given = values["node-flags"].split(" ").filter((flag) => flag !== "");
  if (!profile) return given;
  mkdirSync(profile, { recursive: true });
  // The server gives up root before it writes.
  chmodSync(profile, 0o777);
  return [...given, "--cpu-prof", `--cpu-prof-dir=${profile}`];
}

/** Servers of the fleets that nobody asks for. */
function others(): number {
  return Math.max(0, Number(values.fleets) - 1) * OTHER_FLEET_SERVERS;
}

function fleetOf(name: string, replicas: number): object {
  const containers = [{ name: "game", image: "bench:1" }];
  const ports = [{ name: "game", portPolicy: "Dynamic", protocol: "UDP", containerPort: 7654 }];
  // As many sessions as come in an hour.
  const counters = { rooms: { count: 0, capacity: 1_000_000_000 } };
  return {
    apiVersion: "agones.dev/v1",
    kind: "Fleet",
    metadata: { name },
    spec: {
      replicas,
      scheduling: "Distributed",
      template: { spec: { ports, counters, template: { spec: { containers } } } },
    },
  };
}

async function allReady(agents: FakeAgents, servers: number): Promise<void> {
  const until = performance.now() + READY_WITHIN_MS;
  while (agents.ready < servers) {
    stop.signal.throwIfAborted();
    if (performance.now() > until)
      throw new Error(`not all became Ready: ${JSON.stringify(agents.states)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, SETTLE_MS));

/** What the generator needs to ask so. */
function targetOf(
  { server, grpcPort, state }: Bed,
  ask: Ask,
): Readonly<Record<string, string | number>> {
  if (ask === "grpc" || ask === "grpc-js")
    return { target: ask, port: grpcPort, state, connections: values.connections };
  const target = ask === "batch" ? "batch" : "flotilla";
  return { target, ask, port: new URL(server.url).port, token: server.token("allocate") };
}

async function measure(
  bed: Bed,
  asked: { readonly clients: number; readonly returning: boolean; readonly ask: Ask },
): Promise<Row> {
  const { clients, returning, ask } = asked;
  const size = ask === "batch" ? BATCH : 1;
  const { agents, server, servers } = bed;
  agents.returning = returning;
  agents.leastReady = agents.ready;
  agents.handedOut.clear();
  agents.doubles = 0;
  agents.returned = 0;
  const before = cpuNow(server.pid);
  const load = await runLoad(stop.signal, {
    ...targetOf(bed, ask),
    clients,
    seconds: Number(values.seconds),
    // Without returns the supply is all there is.
    ...(returning ? {} : { requests: Math.floor(servers / size) }),
  });
  const after = cpuNow(server.pid);
  const { returned, leastReady } = agents;
  const serverMiB = residentMiB(server.pid);
  agents.returning = true;
  agents.returnAll();
  await allReady(agents, servers + others());
  const duplicates = agents.doubles + unequal(load.claimed, agents.handedOut);
  await settle();
  const share = (seconds: number): number => round(seconds / load.seconds);
  const [serverCpu, agentsCpu, busy] = [0, 1, 2].map((i) => (after[i] ?? 0) - (before[i] ?? 0));
  const other = (busy ?? 0) - (serverCpu ?? 0) - (agentsCpu ?? 0) - load.cpuSeconds;
  return {
    what: `flotilla: ${ASKS[ask]}`,
    ready: servers,
    clients,
    returning,
    ...figures(load, size),
    duplicates,
    none: load.none,
    leastReady,
    failures: load.failures + load.connectionErrors,
    returned,
    serverCpu: share(serverCpu ?? 0),
    serverUs: Math.round(((serverCpu ?? 0) * 1e6) / (load.requests * size)),
    agentsCpu: share(agentsCpu ?? 0),
    loadCpu: share(load.cpuSeconds),
    otherCpu: share(other),
    serverMiB,
  };
}

function cpuNow(pid: number): readonly number[] {
  const { user, system } = process.cpuUsage();
  return [cpuSecondsOf(pid), (user + system) / 1e6, busySeconds()];
}

const ASKS: Readonly<Record<Ask, string>> = {
  label: "allocate over HTTP",
  full: "the same, everything asked for",
  batch: "batches of 100",
  grpc: "the first over gRPC, mTLS",
  "grpc-js": "that by grpc-js",
};

/** An answer gives `size` servers. */
function figures(
  load: LoadReport,
  size = 1,
): Pick<Row, "perSecond" | "p50Ms" | "p99Ms" | "maxMs" | "requests"> {
  return {
    perSecond: Math.round(load.perSecond * size),
    p50Ms: round(load.p50Ms),
    p99Ms: round(load.p99Ms),
    maxMs: round(load.maxMs),
    requests: load.requests * size,
  };
}

/** Servers that were answered another number of times than they went from Ready to Allocated. */
function unequal(
  claimed: Readonly<Record<string, number>>,
  handedOut: ReadonlyMap<string, number>,
): number {
  const names = new Set([...Object.keys(claimed), ...handedOut.keys()]);
  return [...names].filter((name) => (claimed[name] ?? 0) !== (handedOut.get(name) ?? 0)).length;
}

async function measureYardstick({ name, target, port }: Yardstick, servers: number): Promise<Row> {
  const load = await runLoad(stop.signal, {
    target,
    port,
    clients: YARDSTICK_CLIENTS,
    seconds: Number(values.seconds),
    servers,
  });
  if (load.firstFailure) console.error(`${target}: ${load.firstFailure}`);
  const none = { duplicates: 0, none: load.none, leastReady: 0, returned: 0 };
  const cpu = { serverCpu: 0, serverUs: 0, agentsCpu: 0, otherCpu: 0, serverMiB: 0 };
  return {
    what: name,
    ready: servers,
    clients: YARDSTICK_CLIENTS,
    returning: false,
    ...figures(load),
    ...none,
    failures: load.failures + load.connectionErrors,
    ...cpu,
    loadCpu: round(load.cpuSeconds / load.seconds),
  };
}

const COLUMNS: readonly (keyof Row)[] = [
  ...(["what", "ready", "clients", "returning", "perSecond", "p50Ms", "p99Ms", "maxMs"] as const),
  ...(["duplicates", "none", "leastReady", "failures", "returned"] as const),
  ...(["serverCpu", "serverUs", "agentsCpu", "loadCpu", "otherCpu", "serverMiB"] as const),
];

async function run(): Promise<void> {
  const folder = await mkdtemp(join(values.folder, "flotilla-allocate-"));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(folder, { recursive: true }));
  const disk = measureDisk(folder);
  console.log(machine());
  console.log(`a synchronous write of 4 KiB: p50 ${disk.p50Ms} ms, p99 ${disk.p99Ms} ms`);
  const rows: Row[] = [];
  const numbers = (list: string): number[] => list.split(",").map(Number);
  for (const servers of numbers(values.servers)) {
    await using bed = await Bed.open(servers);
    console.log(`${servers} servers were Ready after ${round(bed.readyAfterSeconds)} s`);
    await settle();
    await using started = new AsyncDisposableStack();
    const yardsticks = values["no-yardsticks"] ? [] : await startYardsticks({ folder, servers });
    for (const yardstick of yardsticks) started.use(yardstick);
    const add = async (clients: number, ask: Ask, returning: boolean): Promise<void> => {
      rows.push(await measure(bed, { clients, ask, returning }));
      console.log(JSON.stringify(rows.at(-1)));
    };
    const asks = values.asks.split(",") as Ask[];
    for (const clients of numbers(values.clients)) {
      const isUsual = clients === YARDSTICK_CLIENTS;
      for (const ask of isUsual ? asks : asks.filter((one) => one === "label")) {
        const many = ask === "batch" ? BATCH_CLIENTS : clients;
        await add(many, ask, true);
        // Without returns the supply is all there is.
        if (isUsual && servers >= 10_000) await add(many, ask, false);
      }
      if (!isUsual) continue;
      for (const yardstick of yardsticks) rows.push(await measureYardstick(yardstick, servers));
    }
  }
  console.table(rows, [...COLUMNS]);
  const settings = {
    seconds: Number(values.seconds),
    token: "allocate",
    fleets: Number(values.fleets),
    connections: Number(values.connections),
    nodeFlags: values["node-flags"],
    sync: "journal, O_DSYNC, one write per group of commits",
    returns: "game servers call Ready over the link while the load runs",
  };
  console.log(settings);
  const result = { bench: "allocate", machine: machine(), disk, settings, rows };
  writeResult(values.json, result);
}

if (values.help) console.log(USAGE);
else await run();
