import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { ArenaAddress } from "./players.ts";
import { missingIn, namesFor, play } from "./script.ts";
import { tableOf } from "./table.ts";
import { byAddress, byAllocation, bySeats, type Entrances, type Where } from "./ways.ts";

const HELP = `Lets real players meet in a room of a fleet: finds or makes one, with a seat for each of them.

  npm run play -- arena --players 2
  npm run play -- arena --players 8 --seconds 30 --api http://10.0.0.5:8700 --token-file admin.token
  npm run play -- arena --allocate
  npm run play -- --connect 127.0.0.1:7654:7655

  <fleet>              fleet of the room (default: arena)
  --players N          how many players join, 2 to 32 (default: 2)
  --seconds N          how long they play, 1 to 3600 (default: 5)
  --namespace NAME     namespace of the fleet (default: default)
  --api URL            default: FLOTILLA_API, else http://127.0.0.1:8700
  --token-file FILE    default: admin.token in the state folder
  --allocate           allocate a whole game server for them instead, as on Agones: no seats, no join tokens
  --connect H:WS:UDP   join this game server; nobody else is asked
  --help               this text

Exit code 0 when everybody saw everybody move and talk, 1 when not, 2 for wrong arguments.`;

const OPTIONS = {
  players: { type: "string", default: "2" },
  seconds: { type: "string", default: "5" },
  namespace: { type: "string", default: "default" },
  api: { type: "string" },
  "token-file": { type: "string" },
  allocate: { type: "boolean", default: false },
  connect: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

class WrongArgument extends Error {}

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parsed(argv);
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const players = wholeNumber("--players", values.players, 2, 32);
  const seconds = wholeNumber("--seconds", values.seconds, 1, 3600);
  const entrances = await entrancesFor(namesFor(players), positionals[0] ?? "arena", values);
  const stats = await play({ entrances, seconds });
  console.log(tableOf(stats));
  const missing = missingIn(stats);
  for (const sentence of missing) console.error(sentence);
  return missing.length === 0 ? 0 : 1;
}

function parsed(argv: readonly string[]): ReturnType<typeof parseOptions> {
  try {
    return parseOptions(argv);
  } catch (error) {
    throw new WrongArgument(error instanceof Error ? error.message : String(error));
  }
}

function parseOptions(argv: readonly string[]): {
  values: {
    players: string;
    seconds: string;
    namespace: string;
    api?: string;
    "token-file"?: string;
    allocate: boolean;
    connect?: string;
    help: boolean;
  };
  positionals: string[];
} {
  return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
}

async function entrancesFor(
  names: readonly string[],
  fleet: string,
  values: ReturnType<typeof parseOptions>["values"],
): Promise<Entrances> {
  if (values.connect && values.allocate)
    throw new WrongArgument("--connect and --allocate are two ways: name one of them");
  if (values.connect) return byAddress(connectTo(values.connect), names);
  const api = values.api ?? process.env.FLOTILLA_API ?? "http://127.0.0.1:8700";
  const token = readToken(values["token-file"] ?? join(stateFolder(), "admin.token"));
  const where: Where = { api, token, namespace: values.namespace, fleet };
  const say = (line: string): void => console.log(line);
  if (values.allocate) return byAllocation(where, names, say);
  // Who comes with a name that is in the room takes over its seat: another run is somebody else.
  const run = randomBytes(2).toString("hex");
  return bySeats(
    where,
    names.map((name) => `${name}-${run}`),
    say,
  );
}

function stateFolder(): string {
  const own = join(process.env.XDG_DATA_HOME ?? join(homedir(), ".local", "share"), "flotilla");
  return process.env.FLOTILLA_STATE ?? (process.getuid?.() === 0 ? "/var/lib/flotilla" : own);
}

function readToken(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    throw new Error(`cannot read the token in ${file}; name another file with --token-file`);
  }
}

function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new WrongArgument(`${name} is a whole number from ${min} to ${max}, found "${text}"`);
}

function connectTo(text: string): ArenaAddress {
  const parts = /^(.+):(\d+):(\d+)$/.exec(text);
  if (!parts) throw new WrongArgument(`--connect is host:wsport:udpport, found "${text}"`);
  const host = (parts[1] ?? "").replace(/^\[|\]$/g, "");
  return { host, webSocketPort: Number(parts[2]), udpPort: Number(parts[3]) };
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: Error) => {
    console.error(error.message);
    process.exit(error instanceof WrongArgument ? 2 : 1);
  },
);
