import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { freePort } from "../../core/std/free-port.ts";
import { FakeAgents } from "./fake-agents.ts";
import { FlotillaServer } from "./flotilla-server.ts";
import { HeapMeter } from "./heap-meter.ts";
import { cpuSecondsOf, machine, percentile, residentMiB, round } from "./machine.ts";
import { writeResult } from "./result.ts";

/*
 * What a control plane costs that has many game servers and little to do: memory of each, CPU when nothing happens, CPU and
 * time of one change. The machines are simulated on the real link, each server has one port and no container.
 */
const { values } = parseArgs({
  options: {
    servers: { type: "string", default: "1000,10000" },
    nodes: { type: "string", default: "200" },
    seconds: { type: "string", default: "20" },
    changes: { type: "string", default: "5000" },
    returns: { type: "string", default: "1000" },
    json: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const USAGE = `node loadtest/bench/control-plane.ts [--servers N,…] [--nodes N] [--seconds S] [--changes N] [--returns N]
  --servers  Ready game servers; the figures should not grow with them
  --nodes    simulated machines
  --seconds  of doing nothing, for the idle CPU
  --changes  labels that game servers set through the link, 32 at once
  --returns  times that one server calls Ready while an allocator asks for it without pause
  --json     also writes everything to this file`;

const NAMESPACE = "namespaces/default";
const FLEETS = `/apis/agones.dev/v1/${NAMESPACE}/fleets`;
const ALLOCATIONS = `/apis/allocation.agones.dev/v1/${NAMESPACE}/gameserverallocations`;
const READY_WITHIN_MS = 300_000;
const SETTLE_MS = 3_000;
const AT_ONCE = 32;

interface Row {
  readonly servers: number;
  readonly nodes: number;
  /** Live objects of the server's heap beyond an empty one's, per game server. */
  readonly bytesPerServer: number;
  /** The same for all memory that the process holds: what the collector keeps free is in it. */
  readonly residentPerServer: number;
  /** Percent of one core. */
  readonly idleCpuPercent: number;
  readonly changeCpuUs: number;
  readonly changeP50Ms: number;
  readonly changeP99Ms: number;
  /** From an SDK Ready until an allocator that asks all the time was given the server. */
  readonly visibleP50Ms: number;
  readonly visibleP99Ms: number;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function fleetOf(name: string, replicas: number): object {
  const containers = [{ name: "game", image: "bench:1" }];
  const ports = [{ name: "game", portPolicy: "Dynamic", protocol: "UDP", containerPort: 7654 }];
  const template = { spec: { ports, template: { spec: { containers } } } };
  return {
    apiVersion: "agones.dev/v1",
    kind: "Fleet",
    metadata: { name },
    spec: { replicas, scheduling: "Distributed", template },
  };
}

async function allReady(agents: FakeAgents, servers: number): Promise<void> {
  const until = performance.now() + READY_WITHIN_MS;
  while (agents.ready < servers) {
    if (performance.now() > until)
      throw new Error(`not all became Ready: ${JSON.stringify(agents.states)}`);
    await pause(50);
  }
}

async function idleCpuPercent(pid: number): Promise<number> {
  const [before, began] = [cpuSecondsOf(pid), performance.now()];
  await pause(Number(values.seconds) * 1000);
  return round(((cpuSecondsOf(pid) - before) * 100_000) / (performance.now() - began));
}

type Change = Pick<Row, "changeCpuUs" | "changeP50Ms" | "changeP99Ms">;

/** Each change is another server's, so that nothing is helped by having looked at it just now. */
async function changes(pid: number, agents: FakeAgents): Promise<Change> {
  const { names } = agents;
  const count = Number(values.changes);
  const latencies: number[] = [];
  let next = 0;
  const before = cpuSecondsOf(pid);
  const chain = async (): Promise<void> => {
    while (next < count) {
      const i = next++;
      const name = names[(i * 7_919) % names.length] ?? "";
      const began = performance.now();
      if (!(await agents.sdk(name, { verb: "label", key: "n", value: `${i}` })))
        throw new Error(`the control plane refused the label of ${name}`);
      latencies.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, chain));
  const used = cpuSecondsOf(pid) - before;
  latencies.sort((a, b) => a - b);
  const [changeP50Ms, changeP99Ms] = [percentile(latencies, 0.5), percentile(latencies, 0.99)];
  return { changeCpuUs: Math.round((used * 1e6) / count), changeP50Ms, changeP99Ms };
}

/** The name of the server that was handed out; "" when none was free. */
async function allocate(server: FlotillaServer): Promise<string> {
  const selectors = [{ matchLabels: { "agones.dev/fleet": "probe" } }];
  const answer = await fetch(server.url + ALLOCATIONS, {
    method: "POST",
    headers: {
      authorization: `Bearer ${server.token("allocate")}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({ spec: { selectors } }),
  });
  const { status } = (await answer.json()) as { status: { gameServerName: string } };
  return status.gameServerName;
}

/** A fleet of one: who asks for it gets it as soon as the allocator sees what the server said. */
async function visible(
  server: FlotillaServer,
  agents: FakeAgents,
): Promise<Pick<Row, "visibleP50Ms" | "visibleP99Ms">> {
  const latencies: number[] = [];
  let name = await allocate(server);
  for (let i = 0; i < Number(values.returns); i++) {
    const began = performance.now();
    const returned = agents.sdk(name, { verb: "ready" });
    name = "";
    while (name === "") name = await allocate(server);
    latencies.push(performance.now() - began);
    await returned;
  }
  latencies.sort((a, b) => a - b);
  return { visibleP50Ms: percentile(latencies, 0.5), visibleP99Ms: percentile(latencies, 0.99) };
}

async function measure(servers: number): Promise<Row> {
  await using stack = new AsyncDisposableStack();
  const state = await mkdtemp(join(tmpdir(), "flotilla-control-plane-"));
  stack.defer(() => rm(state, { recursive: true }));
  // The server gives up root: it must still find its way to its folder.
  await chmod(state, 0o755);
  const [port, inspect] = [await freePort(), await freePort()];
  const nodeFlags = [`--inspect=127.0.0.1:${inspect}`];
  const server = stack.use(await FlotillaServer.start({ state, port, nodeFlags }));
  const nodes = Number(values.nodes);
  const token = server.token("agent");
  const agents = stack.use(
    new FakeAgents({ url: server.url, token, nodes, returnAfterMs: Number.POSITIVE_INFINITY }),
  );
  await server.post(FLEETS, fleetOf("probe", 1));
  await allReady(agents, 1);
  await pause(SETTLE_MS);
  using heap = await HeapMeter.open(inspect);
  const { pid } = server;
  const empty = { used: await heap.usedBytes(), resident: residentMiB(pid) };
  await server.post(FLEETS, fleetOf("bench", servers));
  await allReady(agents, servers + 1);
  await pause(SETTLE_MS);
  const used = await heap.usedBytes();
  const resident = residentMiB(pid) - empty.resident;
  return {
    servers,
    nodes,
    bytesPerServer: Math.round((used - empty.used) / servers),
    residentPerServer: Math.round((resident * 2 ** 20) / servers),
    idleCpuPercent: await idleCpuPercent(pid),
    ...(await changes(pid, agents)),
    ...(await visible(server, agents)),
  };
}

async function run(): Promise<void> {
  const rows: Row[] = [];
  for (const servers of values.servers.split(",").map(Number)) {
    rows.push(await measure(servers));
    console.log(JSON.stringify(rows.at(-1)));
  }
  console.table(rows);
  const settings = { link: "real, without the SDK door", atOnce: AT_ONCE };
  writeResult(values.json, { bench: "control-plane", machine: machine(), settings, rows });
}

if (values.help) console.log(USAGE);
else await run();
