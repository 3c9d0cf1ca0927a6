import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { MapProcess } from "../../game-services/game/map/map-process.fixture.ts";
import { MapService } from "../../game-services/game/map/map-service.fixture.ts";
import { ServiceProcess } from "../../game-services/service/service-process.fixture.ts";
import { lateness, metricsOf } from "./game-metrics.ts";
import type { FromPlayers, PlayersAsked, PlayersSaw } from "./game-players.ts";
import { cpuSecondsOf, machine, residentMiB, round } from "./machine.ts";
import { writeResult } from "./result.ts";

/*
 * The game server on maps: matches of ten players on one core, and sockets that are open and silent. Players come in as
 * everybody does, with a login of a real login service. `node loadtest/bench/game.ts --help` lists the options.
 */
const { values } = parseArgs({
  options: {
    parts: { type: "string", default: "matches,idle" },
    matches: { type: "string", default: "200" },
    players: { type: "string", default: "10" },
    ticks: { type: "string", default: "10" },
    seconds: { type: "string", default: "20" },
    idle: { type: "string", default: "20000" },
    servers: { type: "string", default: "2" },
    generators: { type: "string", default: "2" },
    json: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

const USAGE = `node loadtest/bench/game.ts [--parts matches,idle] [--matches N] [--players N] [--ticks N] [--seconds S]
    [--idle N] [--servers N] [--generators N] [--json FILE]
  --matches     rooms with --players each on one server, which has one core for itself where there is taskset
  --ticks       of a room in a second
  --idle        sockets that are open, over --servers processes; a process has as many as it has descriptors (ulimit -n)
  --generators  processes that hold them
  --seconds     duration of each part once everybody is in
  --json        also writes everything to this file`;
const GENERATOR = join(import.meta.dirname, "game-players.ts");
const OPERATOR = "operator-of-the-bench";
const UID = "uid-bench";
const MESSAGE_EVERY_MS = 500;
const IDLE_PER_ROOM = 100;
const JOINING = 32;
const SIDE = 16;

interface Part {
  readonly rooms: number;
  readonly playersPerRoom: number;
  readonly servers: number;
  readonly generators: number;
  readonly ticksPerSecond: number;
  readonly everyMs: number;
  /** A core for the server, another for the players. */
  readonly isPinned: boolean;
}
interface Measured {
  readonly sockets: number;
  readonly saw: readonly PlayersSaw[];
  readonly ticks: ReturnType<typeof lateness>;
  readonly serverCpuPercent: readonly number[];
  readonly serverMiB: readonly number[];
  readonly serverEmptyMiB: readonly number[];
}

/** A generator's messages, one kind after the other. */
class Generator {
  readonly child: ChildProcess = fork(GENERATOR, [], { execArgv: process.execArgv });
  async next<W extends FromPlayers["what"]>(what: W): Promise<FromPlayers & { what: W }> {
    for (;;) {
      const [message] = (await Promise.race([
        once(this.child, "message"),
        once(this.child, "exit").then(() => Promise.reject(new Error("a generator ended"))),
      ])) as [FromPlayers];
      if (message.what === what) return message as FromPlayers & { what: W };
    }
  }
}

async function measure(part: Part, loginPort: number, service: MapService): Promise<Measured> {
  const generators = Array.from({ length: part.generators }, () => new Generator());
  const keys = await Promise.all(generators.map((one) => one.next("key")));
  const serving = {
    loginUrl: `http://127.0.0.1:${loginPort}`,
    roomUrl: service.url,
    roomToken: OPERATOR,
    joinKeys: keys.map(({ key }) => key),
    uid: UID,
    ticksPerSecond: part.ticksPerSecond,
  };
  const under = part.isPinned ? ["taskset", "-c", "0"] : [];
  // Threads that it has already are meant, too.
  if (part.isPinned)
    for (const { child } of generators) execFileSync("taskset", ["-apc", "1", `${child.pid}`]);
  const servers: MapProcess[] = [];
  try {
    for (let n = 0; n < part.servers; n++) servers.push(await MapProcess.serve(serving, under));
    const serverEmptyMiB = servers.map(({ pid }) => residentMiB(pid));
    draw(service, part.rooms);
    const seen = generators.map((one) => one.next("saw"));
    const joined = generators.map((one) => one.next("joined"));
    generators.forEach(({ child }, n) => void child.send(askedOf(part, n, servers, loginPort)));
    await Promise.all(joined);
    return { ...(await watch(servers, seen)), serverEmptyMiB };
  } finally {
    for (const { child } of generators) child.kill("SIGKILL");
    for (const server of servers) await server.end("SIGTERM");
  }
}

/** Everybody is in: what the servers do until the players have seen enough. */
async function watch(
  servers: readonly MapProcess[],
  seen: readonly Promise<FromPlayers & { what: "saw" }>[],
): Promise<Omit<Measured, "serverEmptyMiB">> {
  const began = performance.now();
  const cpu = servers.map(({ pid }) => cpuSecondsOf(pid));
  const before = await Promise.all(servers.map(({ metricsPort }) => metricsOf(metricsPort)));
  const saw = (await Promise.all(seen)).map((one) => one.saw);
  const after = await Promise.all(servers.map(({ metricsPort }) => metricsOf(metricsPort)));
  const seconds = (performance.now() - began) / 1000;
  const used = servers.map(({ pid }, n) => cpuSecondsOf(pid) - (cpu[n] ?? 0));
  return {
    sockets: saw.reduce((sum, { joined, closed }) => sum + joined - closed, 0),
    saw,
    ticks: lateness(before, after),
    serverCpuPercent: used.map((one) => Math.round((one / seconds) * 100)),
    serverMiB: servers.map(({ pid }) => residentMiB(pid)),
  };
}

function askedOf(
  part: Part,
  n: number,
  servers: readonly MapProcess[],
  loginPort: number,
): PlayersAsked {
  const share = Math.ceil(part.rooms / part.generators);
  return {
    loginPort,
    ports: servers.map(({ webSocketPort }) => webSocketPort),
    uid: UID,
    firstRoom: n * share,
    rooms: Math.max(0, Math.min(share, part.rooms - n * share)),
    playersPerRoom: part.playersPerRoom,
    joining: JOINING,
    seconds: Number(values.seconds),
    everyMs: part.everyMs,
  };
}

function draw(service: MapService, rooms: number): void {
  const tiles = Array.from({ length: SIDE }, () => ".".repeat(SIDE));
  const size = { width: SIDE, height: SIDE, tiles, objects: [] };
  const empty = { creator: "nobody", members: [], access: "public", published: true, ...size };
  for (let n = 0; n < rooms; n++)
    service.maps.set(`m${n}`, { ...empty, map_id: `m${n}`, name: `map ${n}`, version: 1 });
}

function partOf(name: string): Part {
  const servers = Number(values.servers);
  if (name === "matches")
    return {
      rooms: Number(values.matches),
      playersPerRoom: Number(values.players),
      servers: 1,
      generators: 1,
      ticksPerSecond: Number(values.ticks),
      everyMs: MESSAGE_EVERY_MS,
      isPinned: true,
    };
  const idle = Number(values.idle);
  const playersPerRoom = Math.min(IDLE_PER_ROOM, Math.ceil(idle / servers));
  return {
    rooms: Math.ceil(idle / playersPerRoom),
    playersPerRoom,
    servers,
    generators: Number(values.generators),
    ticksPerSecond: Number(values.ticks),
    everyMs: 0,
    isPinned: false,
  };
}

function show(name: string, { sockets, saw, ticks, ...server }: Measured): void {
  const [first] = saw;
  const sum = (of: (one: PlayersSaw) => number): number =>
    saw.reduce((all, one) => all + of(one), 0);
  console.log(`${name}: ${sockets} sockets open`);
  console.table({
    "joined, failed, closed": `${sum((s) => s.joined)}, ${sum((s) => s.failed)}, ${sum((s) => s.closed)} ${first?.firstFailure ?? ""}`,
    "seconds to join": round(Math.max(...saw.map((s) => s.joinSeconds))),
    "direct replies": sum((s) => s.replies),
    "reply p50, p99, max ms": [first?.replyP50Ms, first?.replyP99Ms, first?.replyMaxMs]
      .map((ms) => round(ms ?? 0))
      .join(", "),
    "unanswered in time": sum((s) => s.unanswered),
    ticks: ticks.count,
    "ticks later than 10 ms, percent": round(ticks.percentOver10Ms),
    "tick lateness p99 at most ms": ticks.p99AtMostMs,
    "patches a second": Math.round(sum((s) => s.patchesPerSecond)),
    "Mbit/s out": round((sum((s) => s.bytesPerSecond) * 8) / 1e6),
    "server CPU percent of a core": server.serverCpuPercent.join(", "),
    "server MiB, empty": `${server.serverMiB.join(", ")}; ${server.serverEmptyMiB.join(", ")}`,
  });
}

async function main(): Promise<void> {
  if (values.help) return console.log(USAGE);
  const folder = mkdtempSync(join(tmpdir(), "game-bench-"));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rmSync(folder, { recursive: true }));
  const login = stack.use(
    await ServiceProcess.start("game-services/login/main.ts", {
      FLOTILLA_STATE: folder,
      LOGIN_PORT: "0",
      LOGIN_ADDRESS_PER_MINUTE: "0",
      LOGIN_ACCOUNT_PER_MINUTE: "0",
    }),
  );
  const authenticate = () => Promise.reject(new Error("nobody builds here"));
  const service = stack.use(await MapService.open({ operatorToken: OPERATOR, authenticate }));
  const rows: Record<string, Measured> = {};
  for (const name of values.parts.split(",")) {
    rows[name] = await measure(partOf(name), login.port, service);
    show(name, rows[name]);
  }
  const { json: _file, help: _help, ...flags } = values;
  writeResult(values.json, { machine: machine(), flags, rows });
}

await main();
