import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import type { GameServer } from "../../core/model/game-server.ts";
import { freePort } from "../../core/std/free-port.ts";
import { FakeAgents } from "./fake-agents.ts";
import { FlotillaServer } from "./flotilla-server.ts";
import { cpuSecondsOf, machine, percentile, residentMiB, round } from "./machine.ts";
import { writeResult } from "./result.ts";
import { StreamPage } from "./stream-page.ts";

/*
 * What it costs to watch: a machine that measures its containers, a control plane that keeps what it is told, and pages that
 * follow the table of all game servers while some change all the time.
 */
const { values } = parseArgs({
  options: {
    containers: { type: "string", default: "500" },
    servers: { type: "string", default: "5000" },
    pages: { type: "string", default: "1,10,50" },
    changes: { type: "string", default: "200" },
    seconds: { type: "string", default: "4" },
    json: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const USAGE = `node loadtest/bench/watch.ts [--containers N] [--servers N] [--pages N,…] [--changes N] [--seconds S]    (root)
  --containers  that one machine measures, each in cgroups of its own
  --servers     Ready game servers that the stream tells of, and that the control plane keeps samples of
  --pages       that follow it at once
  --changes     of game servers, each second
  --seconds     for each row
  --json        also writes everything to this file`;
const ROOT = join(import.meta.dirname, "../..");
const NODES = 20;
const API = "/apis/agones.dev/v1/namespaces/default";
const TOPICS = "overview,rows:GameServer";
const WITHIN_MS = 120_000;
const seconds = Number(values.seconds);
const run = promisify(execFile);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Percent of a core that a process takes while `work` is done. */
async function cpuPercent(pid: number, work: () => Promise<void>): Promise<number> {
  const [before, began] = [cpuSecondsOf(pid), performance.now()];
  await work();
  return round(((cpuSecondsOf(pid) - before) * 100_000) / (performance.now() - began));
}

async function measureMachine(): Promise<object> {
  const program = join(ROOT, "runtime/container/stats-bench.ts");
  const flags = [program, "--containers", values.containers];
  const { stdout } = await run(process.execPath, flags);
  return JSON.parse(stdout) as object;
}

/** A row as an agent sends it, for each server by its node. */
async function batches(server: FlotillaServer, count: number): Promise<Map<string, string[]>> {
  const headers = { authorization: `Bearer ${server.token("admin")}` };
  const answer = await fetch(`${server.url}${API}/gameservers?limit=5000`, { headers });
  const { items } = (await answer.json()) as { items: readonly GameServer[] };
  const nodes = new Map<string, string[]>();
  for (const { metadata, status } of items.slice(0, count)) {
    const ids = nodes.get(status.nodeName) ?? [];
    nodes.set(status.nodeName, ids);
    ids.push(metadata.uid.replaceAll("-", "").slice(0, 12));
  }
  return nodes;
}

/** All nodes say once a second what their containers used. */
async function sendUsage(server: FlotillaServer, nodes: Map<string, string[]>): Promise<void> {
  const token = server.token("agent");
  for (let second = 1; second <= seconds; second++) {
    const began = performance.now();
    const posts = [...nodes].map(async ([node, ids]) => {
      const grown = second * 1_000;
      const rows = ids.map((id) => [id, grown, 2e7, 3, 0, grown, grown, 9, 9, 0, 0, 5, 0, 0]);
      const body = JSON.stringify({ atMs: Math.round(performance.now()), rows });
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const path = `${server.url}/link/v1/nodes/${node}/usage`;
      const answer = await fetch(path, { method: "POST", headers, body });
      if (!answer.ok) throw new Error(`usage: ${answer.status} ${await answer.text()}`);
    });
    await Promise.all(posts);
    await pause(Math.max(0, 1_000 - (performance.now() - began)));
  }
}

async function measureKeeping(server: FlotillaServer, count: number): Promise<object> {
  const nodes = await batches(server, count);
  const idle = await cpuPercent(server.pid, () => pause(seconds * 1_000));
  const kept = await cpuPercent(server.pid, () => sendUsage(server, nodes));
  const [residentMb] = [residentMiB(server.pid)];
  return { containers: count, idlePercent: idle, percentOfCore: round(kept - idle), residentMb };
}

/** So many servers each second set a label; resolves when all were answered. */
async function change(agents: FakeAgents, answered: (name: string) => void): Promise<void> {
  const { names } = agents;
  const count = Number(values.changes) * seconds;
  const began = performance.now();
  const calls = Array.from({ length: count }, async (_, i) => {
    await pause(Math.max(0, began + (i * 1_000) / Number(values.changes) - performance.now()));
    const name = names[(i * 7_919) % names.length] ?? "";
    await agents.sdk(name, { verb: "label", key: "n", value: `${i}` });
    answered(name);
  });
  await Promise.all(calls);
}

async function measureStream(server: FlotillaServer, agents: FakeAgents, count: number) {
  await using stack = new AsyncDisposableStack();
  const token = server.token("admin");
  const pages: StreamPage[] = [];
  for (let i = 0; i < count; i++)
    pages.push(stack.use(await StreamPage.open(server.url, token, TOPICS)));
  const waiting = new Map<string, number>();
  const ages: number[] = [];
  const [page] = pages;
  if (!page) throw new Error("no page");
  page.onRows = (names) => {
    const now = performance.now();
    for (const name of names) {
      const since = waiting.get(name);
      waiting.delete(name);
      if (since !== undefined) ages.push(now - since);
    }
  };
  const cpu = await cpuPercent(server.pid, async () => {
    await change(agents, (name) => waiting.set(name, performance.now()));
    await pause(1_000);
  });
  ages.sort((a, b) => a - b);
  return {
    pages: count,
    changesPerSecond: Number(values.changes),
    ...{ seen: ages.length, missed: waiting.size },
    staleP50Ms: percentile(ages, 0.5),
    staleMaxMs: round(ages.at(-1) ?? 0),
    kilobytesPerPageSecond: round(page.bytes / 1_000 / (seconds + 1)),
    percentOfCore: cpu,
  };
}

async function measure(): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const state = await mkdtemp(join(tmpdir(), "flotilla-watch-"));
  stack.defer(() => rm(state, { recursive: true }));
  // The server gives up root: it must still find its way to its folder.
  await chmod(state, 0o755);
  const machineRow = await measureMachine();
  console.log(JSON.stringify(machineRow));
  const server = stack.use(
    await FlotillaServer.start({ state, port: await freePort(), nodeFlags: [] }),
  );
  const token = server.token("agent");
  const returnAfterMs = Number.POSITIVE_INFINITY;
  const agents = stack.use(new FakeAgents({ url: server.url, token, nodes: NODES, returnAfterMs }));
  const servers = Number(values.servers);
  const containers = [{ name: "game", image: "bench:1" }];
  const ports = [{ name: "game", portPolicy: "Dynamic", protocol: "UDP", containerPort: 7654 }];
  const template = { spec: { ports, template: { spec: { containers } } } };
  const spec = { replicas: servers, scheduling: "Distributed", template };
  const fleet = { apiVersion: "agones.dev/v1", kind: "Fleet", metadata: { name: "bench" }, spec };
  await server.post(`${API}/fleets`, fleet);
  for (const until = performance.now() + WITHIN_MS; agents.ready < servers; await pause(100))
    if (performance.now() > until) throw new Error(`${agents.ready} of ${servers} are Ready`);
  const keeping = [];
  for (const count of [Number(values.containers), servers])
    keeping.push(await measureKeeping(server, count));
  const stream = [];
  for (const count of values.pages.split(",").map(Number))
    stream.push(await measureStream(server, agents, count));
  console.table(keeping);
  console.table(stream);
  const rows = { measuring: machineRow, keeping, stream };
  writeResult(values.json, { bench: "watch", machine: machine(), settings: values, ...rows });
}

if (values.help) console.log(USAGE);
else await measure();
