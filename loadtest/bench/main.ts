import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";

/*
 * `npm run bench` runs every benchmark; `npm run bench -- allocate --seconds 60` one of them with its own flags. Each
 * prints a table and leaves everything as JSON in `bench-results/`.
 */
const BENCHES: Readonly<Record<string, string>> = {
  commit: "durable commits of the store, beside SQLite one by one",
  allocate: "durable allocations over HTTP and gRPC, beside a bare server, etcd and Redis",
  "control-plane": "ten thousand game servers: memory, idle CPU, the cost of one change",
  containers: "cached image to running container, beside runc",
  ready: "a game server from its creation to Ready",
  reaction: "the last spare taken to the next container, in a burst of allocations",
  udp: "what the port map adds to a UDP round trip",
  rollout: "rolling updates of a fleet that bots play on: disconnects, lost echoes, the floor",
  game: "the game server on maps: 200 matches on one core, 20,000 silent sockets",
  login: "the login service: devices that register and log in, and passwords",
  asset:
    "lists of the asset service by wrk, on SQLite and on MongoDB's protocol, beside a bare server",
  map: "maps of the room service by wrk, on SQLite and on MongoDB's protocol, beside a bare server",
  watch: "measuring 500 containers, keeping what is measured, pages that follow 5,000 game servers",
  density: "memory and CPU of a hundred idle containers",
};
const RESULTS = join(import.meta.dirname, "../../bench-results");

const USAGE = `npm run bench [-- NAME [FLAGS]]
${Object.entries(BENCHES)
  .map(([name, what]) => `  ${name.padEnd(14)} ${what}`)
  .join("\n")}
npm run bench -- NAME --help lists the flags of one`;

/** Runs one benchmark in a process of its own; resolves with its exit code. */
async function runBench(name: string, flags: readonly string[]): Promise<number> {
  const program = join(import.meta.dirname, `${name}.ts`);
  if (!existsSync(program)) return 0;
  mkdirSync(RESULTS, { recursive: true });
  const json = join(RESULTS, `${name}.json`);
  console.log(`\n${name}: ${BENCHES[name]}`);
  const node = [...process.execArgv, program];
  const given = flags.includes("--json") ? flags : [...flags, "--json", json];
  const child = spawn(process.execPath, [...node, ...given], { stdio: "inherit" });
  const [code] = await once(child, "exit");
  return Number(code ?? 1);
}

async function main([name, ...flags]: readonly string[]): Promise<number> {
  if (name === "--help" || (name !== undefined && !BENCHES[name])) {
    console.log(USAGE);
    return name === "--help" ? 0 : 2;
  }
  if (name !== undefined) return await runBench(name, flags);
  const codes: number[] = [];
  for (const one of Object.keys(BENCHES)) codes.push(await runBench(one, []));
  return Math.max(...codes);
}

process.exitCode = await main(process.argv.slice(2));
