import { parseArgs } from "node:util";
import type { AllocationStatus } from "../../core/model/allocation.ts";
import { BotPlayers, type BotReport, sayShutdown } from "./bot-players.ts";
import { FleetWatch, versionOf } from "./fleet-watch.ts";
import { FlotillaUp, LOOPBACK } from "./flotilla-up.ts";
import { machine, round } from "./machine.ts";
import { writeResult } from "./result.ts";

/*
 * Rolling updates of a fleet that is played on. In each round some servers are allocated and bots join them; the fleet gets
 * a new version; when all that is free was replaced, the bots leave, and the old servers that are left end themselves.
 */
const { values } = parseArgs({
  options: {
    times: { type: "string", default: "3" },
    servers: { type: "string", default: "100" },
    held: { type: "string", default: "50" },
    bots: { type: "string", default: "500" },
    seconds: { type: "string", default: "2" },
    ports: { type: "string", default: "18200-18599" },
    json: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const USAGE = `node loadtest/bench/rollout.ts [--times N] [--servers N] [--held N] [--bots N] [--seconds S]    (root)
  --json     also writes everything to this file
  --times    rolling updates, one after the other; about half a minute each on two cores
  --servers  of the fleet
  --held     of them, that are allocated while it rolls
  --bots     players on the held ones, each with a line a second that is to come back
  --seconds  of play before and after a rolling update
  --ports    host ports of the game servers
Exits with 1 when a bot lost its connection or an echo, or when fewer servers were Ready than may be.`;
const FLEETS = "/apis/agones.dev/v1/namespaces/default/fleets";
const ALLOCATIONS = "/apis/allocation.agones.dev/v1/namespaces/default/gameserverallocations";
const FLEET = "rolled";
/** Agones' standard for both bounds of a rolling update, in percent. */
const SHARE = 25;
const SHUTDOWNS_AT_ONCE = 10;

interface Settings {
  readonly times: number;
  readonly servers: number;
  readonly held: number;
  readonly bots: number;
  readonly seconds: number;
}
interface Row extends BotReport {
  readonly fewestReady: number;
  readonly mostAlive: number;
  /** From the change of the template until all that was free is Ready in the new version, and no other is there. */
  readonly rolledSeconds: number;
  /** From the last word to the held ones until the fleet is all of the new version. */
  readonly replacedSeconds: number;
}

function templateOf(version: string): object {
  const container = {
    name: "game",
    image: "echo-game",
    env: [{ name: "VERSION", value: version }],
    // A hundred on a small machine: they ask for nothing, so that placing does not stop them.
    resources: { limits: { memory: "128Mi" }, requests: { cpu: 0, memory: 0 } },
  };
  const port = { name: "game", portPolicy: "Dynamic", protocol: "TCP", containerPort: 7654 };
  const pod = { containers: [container], terminationGracePeriodSeconds: 5 };
  const health = { initialDelaySeconds: 30, periodSeconds: 5, failureThreshold: 3 };
  return { spec: { ports: [port], health, template: { spec: pod } } };
}

/** Of the free servers, at most a share may be missing; of all, at most a share may be there beyond what is wanted. */
function boundsOf({ servers, held }: Settings): { readyMin: number; aliveMax: number } {
  const free = servers - held;
  const unavailable = Math.max(1, Math.floor((free * SHARE) / 100));
  return { readyMin: free - unavailable, aliveMax: servers + Math.ceil((servers * SHARE) / 100) };
}

/** Allocates so many; their host ports. */
async function allocate(up: FlotillaUp, count: number): Promise<readonly number[]> {
  const spec = { selectors: [{ matchLabels: { "agones.dev/fleet": FLEET } }] };
  const kind = { apiVersion: "allocation.agones.dev/v1", kind: "GameServerAllocation" };
  const ports: number[] = [];
  for (let i = 0; i < count; i++) {
    const answer = await up.request("POST", ALLOCATIONS, { ...kind, spec });
    const { status } = answer as { readonly status: AllocationStatus };
    const [port] = status.state === "Allocated" ? status.ports : [];
    if (!port) throw new Error(`no game server to allocate: ${status.state}`);
    ports.push(port.port);
  }
  return ports;
}

async function play(seconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
}

const since = (began: number): number => round((performance.now() - began) / 1000);

/** One rolling update from version `from` to the next, under players. */
async function oneRound(
  up: FlotillaUp,
  watch: FleetWatch,
  from: number,
  settings: Settings,
): Promise<Row> {
  const { servers, held, bots, seconds } = settings;
  const [before, after] = [`${from}`, `${from + 1}`];
  const ports = await allocate(up, held);
  await watch.until("what is free", () => watch.ready(before) === servers - held);
  using players = await BotPlayers.join(bots, ports, before);
  await play(seconds);
  watch.mark();
  const began = performance.now();
  const patch = { spec: { template: templateOf(after) } };
  await up.request("PATCH", `${FLEETS}/${FLEET}`, patch, "application/merge-patch+json");
  const isRolled = (): boolean =>
    watch.ready(after) >= servers - held &&
    watch.ready(before) === 0 &&
    watch.all.length === servers;
  await watch.until("the rolling update", isRolled);
  const rolledSeconds = since(began);
  await play(seconds);
  const { fewestReady, mostAlive } = watch;
  const report = await players.report();
  players[Symbol.dispose]();
  const left = [...ports];
  const tell = async (): Promise<void> => {
    for (let port = left.pop(); port !== undefined; port = left.pop()) await sayShutdown(port);
  };
  await Promise.all(Array.from({ length: SHUTDOWNS_AT_ONCE }, tell));
  const told = performance.now();
  const isNew = (): boolean =>
    watch.ready(after) === servers && watch.all.every((one) => versionOf(one) === after);
  await watch.until("the last of the old version", isNew);
  return { ...report, fewestReady, mostAlive, rolledSeconds, replacedSeconds: since(told) };
}

async function benchRollout(settings: Settings): Promise<{ isFine: boolean; result: object }> {
  const { servers, times } = settings;
  const bounds = boundsOf(settings);
  console.log({ ...settings, ...bounds });
  const flags = [...LOOPBACK, "--port-range", values.ports];
  await using up = await FlotillaUp.start(["loadtest/bench/echo-game.yaml"], flags);
  const kind = { apiVersion: "agones.dev/v1", kind: "Fleet", metadata: { name: FLEET } };
  const spec = { replicas: servers, template: templateOf("0") };
  const began = performance.now();
  using watch = await FleetWatch.start(up, FLEET);
  await up.request("POST", FLEETS, { ...kind, spec });
  await watch.until("the fleet", () => watch.ready("0") === servers);
  const startedSeconds = since(began);
  console.log(`${servers} game servers are Ready after ${startedSeconds} s`);
  const rows: Row[] = [];
  for (let i = 0; i < times; i++) {
    const row = await oneRound(up, watch, i, settings);
    rows.push(row);
    console.log(`${i + 1} of ${times}: ${JSON.stringify(row)}`);
  }
  console.table(rows);
  const sum = (of: (row: Row) => number): number => rows.reduce((all, row) => all + of(row), 0);
  const total = {
    rollouts: rows.length,
    echoes: sum((row) => row.echoes),
    disconnects: sum((row) => row.disconnects),
    lostEchoes: sum((row) => row.lostEchoes),
    wrongEchoes: sum((row) => row.wrongEchoes),
    belowReadyMin: sum((row) => Number(row.fewestReady < bounds.readyMin)),
    aboveAliveMax: sum((row) => Number(row.mostAlive > bounds.aliveMax)),
    minutes: round((performance.now() - began) / 60_000),
  };
  console.log(total);
  const { disconnects, lostEchoes, wrongEchoes, belowReadyMin, aboveAliveMax } = total;
  const isFine = disconnects + lostEchoes + wrongEchoes + belowReadyMin + aboveAliveMax === 0;
  const result = { settings, ...bounds, startedSeconds, total, rows };
  return { isFine, result: { bench: "rollout", machine: machine(), ...result } };
}

if (values.help) console.log(USAGE);
else {
  const { isFine, result } = await benchRollout({
    times: Number(values.times),
    servers: Number(values.servers),
    held: Number(values.held),
    bots: Number(values.bots),
    seconds: Number(values.seconds),
  });
  writeResult(values.json, result);
  process.exitCode = isFine ? 0 : 1;
}
