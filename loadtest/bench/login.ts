import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { ServiceProcess } from "../../game-services/service/service-process.fixture.ts";
import { FerretServer, findFerret } from "../../store/mongodb/ferret-server.fixture.ts";
import { BareServer } from "./bare-server.ts";
import { machine, measureDisk } from "./machine.ts";
import { writeResult } from "./result.ts";
import { measureOnce, measureWrk, showWrkRows, type WrkRow } from "./wrk-rows.ts";

/*
 * The login service under load, on SQLite and on a server that speaks MongoDB's protocol, beside a bare server: devices
 * that register and log in, which are durable writes, and passwords, which are hashes. `node loadtest/bench/login.ts --help` lists the options.
 */
const { values } = parseArgs({
  options: {
    folder: { type: "string", default: tmpdir() },
    clients: { type: "string", default: "64" },
    seconds: { type: "string", default: "5" },
    json: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

const USAGE = `node loadtest/bench/login.ts [--folder DISK] [--clients N] [--seconds S] [--json FILE]
  --folder   a folder on the disk to measure; a temporary one is made in it
  --clients  connections of wrk, each with one request at a time
  --seconds  duration of each row
  --json     also writes everything to this file`;
const PASSWORD_CLIENTS = 4;
const PAUSE_MS = 1_000;
const USER = { user_id: "bench", user_pw: "correct horse", nickname: "b", email: "b@example.org" };
/** Who logs in was registered by the row before. */
const DEVICES = 1_000;
const HEADERS = { "content-type": "application/json" };
const scriptOf = (name: string): string => join(import.meta.dirname, name);

interface Phase {
  readonly what: string;
  readonly path: string;
  readonly clients: number;
  readonly script: string;
  readonly scriptArgs: readonly string[];
  /** What every answer must say. */
  readonly status: 200 | 201;
}

/** Devices and a password; nobody of one row is among the new ones of another. */
function phasesOf(clients: number): readonly Phase[] {
  const devices = { path: "/login/device", clients, script: scriptOf("devices.lua") };
  const known = ["new", `${DEVICES}`];
  return [
    { ...devices, what: "warm-up", scriptArgs: ["warm"], status: 201 },
    { ...devices, what: "register a device", scriptArgs: ["new"], status: 201 },
    { ...devices, what: "log in a device", scriptArgs: known, status: 200 },
    {
      what: "log in by password",
      path: "/login",
      clients: PASSWORD_CLIENTS,
      script: scriptOf("password.lua"),
      scriptArgs: [USER.user_id, USER.user_pw],
      status: 200,
    },
  ];
}

/** One row; answers that say something else than they must are counted among those that were refused. */
async function measure(login: ServiceProcess, token: string, phase: Phase): Promise<WrkRow> {
  const { what, path, status, ...load } = phase;
  const seconds = Number(values.seconds);
  const other = (): Promise<number> => answeredBut(login, token, status);
  // What the row before has left under way is not of this one.
  await setTimeout(PAUSE_MS);
  const before = await other();
  const target = { pid: login.pid, url: `${login.url}${path}` };
  const row = await measureOnce(what, target, { ...load, seconds, headers: HEADERS });
  return { ...row, refused: row.refused + (await other()) - before };
}

/** How many logins were answered with a 2xx other than `status` so far, as the service counts them. */
async function answeredBut(
  { url }: ServiceProcess,
  token: string,
  status: number,
): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  const text = await (await fetch(`${url}/metrics`, { headers })).text();
  const lines = text.matchAll(
    /_request_seconds_count{[^}]*route="\/login[^}]*status="(2..)"} (\d+)/g,
  );
  return [...lines].reduce(
    (sum, [, is, count]) => sum + (Number(is) === status ? 0 : Number(count)),
    0,
  );
}

/** Devices, and a password, on one store. */
async function measureStore(
  store: string,
  folder: string,
  env: Readonly<Record<string, string>>,
): Promise<WrkRow[]> {
  await using login = await ServiceProcess.start("game-services/login/main.ts", env);
  const token = readFileSync(join(folder, "login", "operator.token"), "utf8").trim();
  const signUp = { method: "POST", headers: HEADERS, body: JSON.stringify(USER) };
  await fetch(`${login.url}/signup`, signUp);
  const rows: WrkRow[] = [];
  for (const phase of phasesOf(Number(values.clients)))
    rows.push(await measure(login, token, { ...phase, what: `${store}: ${phase.what}` }));
  return rows.slice(1);
}

async function measureBare(): Promise<WrkRow> {
  await using bare = await BareServer.start();
  const what = "bare fastify: reads the same, keeps nothing";
  const load = { clients: Number(values.clients), seconds: Number(values.seconds) };
  const asked = { script: scriptOf("devices.lua"), scriptArgs: ["new"], headers: HEADERS };
  return await measureWrk(what, bare, { ...load, ...asked });
}

async function main(): Promise<void> {
  if (values.help) return console.log(USAGE);
  const folder = mkdtempSync(join(values.folder, "login-bench-"));
  const disk = measureDisk(folder);
  // With no limits on how often one address may come.
  const free = { LOGIN_ADDRESS_PER_MINUTE: "0", LOGIN_ACCOUNT_PER_MINUTE: "0" };
  const env = { FLOTILLA_STATE: folder, LOGIN_PORT: "0", ...free };
  try {
    const rows = await measureStore("SQLite", folder, env);
    const found = await findFerret();
    if ("program" in found) {
      await using ferret = await FerretServer.start(found.program);
      const there = { ...env, LOGIN_DOCUMENTS: `${ferret.url}bench` };
      rows.push(...(await measureStore("MongoDB protocol", folder, there)));
    } else console.log(`not measured on MongoDB's protocol: ${found.missing}`);
    rows.push(await measureBare());
    showWrkRows(rows);
    writeResult(values.json, { machine: machine(), disk, rows });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

await main();
