import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ServiceProcess } from "../../game-services/service/service-process.fixture.ts";
import { FerretServer, findFerret } from "../../store/mongodb/ferret-server.fixture.ts";
import { BareServer } from "./bare-server.ts";
import type { ClosedLoadResult } from "./closed-load.ts";
import { httpLoad, jsonRequest } from "./http-load.ts";
import { cpuSecondsOf, machine, measureDisk, round } from "./machine.ts";
import { writeResult } from "./result.ts";

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
  --clients  connections, each with one request at a time
  --seconds  duration of each row
  --json     also writes everything to this file`;
const PASSWORD_CLIENTS = 4;
const USER = { user_id: "bench", user_pw: "correct horse", nickname: "b", email: "b@example.org" };
const AGAIN_MS = 20;
/** Who logs in was registered by the row before. */
const DEVICES = 1_000;
const device = (n: number): object => ({ device_id: `device-of-the-bench-${n}` });

interface Row extends ClosedLoadResult {
  readonly what: string;
  /** Answers that were not what was asked for. */
  readonly refused: number;
  readonly serverUsPerRequest: number;
}

interface Target {
  readonly pid: number;
  readonly port: number;
}

interface Phase {
  readonly what: string;
  readonly path: string;
  readonly clients: number;
  readonly body: (n: number) => object;
}

async function measure({ pid, port }: Target, { what, path, clients, body }: Phase): Promise<Row> {
  let refused = 0;
  const cpu = cpuSecondsOf(pid);
  const result = await httpLoad({
    host: "127.0.0.1",
    port,
    clients,
    seconds: Number(values.seconds),
    requestsMax: Number.POSITIVE_INFINITY,
    request: (n) => jsonRequest({ path, body: JSON.stringify(body(n)) }),
    onAnswer: (status) => {
      if (status === 200 || status === 201) return 0;
      refused += 1;
      return AGAIN_MS;
    },
  });
  const used = cpuSecondsOf(pid) - cpu;
  return {
    ...result,
    what,
    refused,
    serverUsPerRequest: Math.round((used / result.requests) * 1e6),
  };
}

/** Devices, and passwords, on one store. */
async function measureStore(store: string, env: Readonly<Record<string, string>>): Promise<Row[]> {
  await using login = await ServiceProcess.start("game-services/login/main.ts", env);
  const headers = { "content-type": "application/json" };
  const signUp = { method: "POST", headers, body: JSON.stringify(USER) };
  await fetch(`${login.url}/signup`, signUp);
  const clients = Number(values.clients);
  const phases: readonly Phase[] = [
    { what: "warm-up", path: "/login/device", clients, body: (n) => device(-1 - n) },
    { what: `${store}: register a device`, path: "/login/device", clients, body: device },
    {
      what: `${store}: log in a device`,
      path: "/login/device",
      clients,
      body: (n) => device(n % DEVICES),
    },
    {
      what: `${store}: log in by password`,
      path: "/login",
      clients: PASSWORD_CLIENTS,
      body: () => ({ user_id: USER.user_id, user_pw: USER.user_pw }),
    },
  ];
  const rows: Row[] = [];
  for (const phase of phases) rows.push(await measure(login, phase));
  return rows.slice(1);
}

async function measureBare(): Promise<Row> {
  await using bare = await BareServer.start();
  const clients = Number(values.clients);
  const phase = { what: "bare fastify: reads the same, keeps nothing", path: "/", clients };
  await measure(bare, { ...phase, body: device });
  return await measure(bare, { ...phase, body: device });
}

function show(rows: readonly Row[]): void {
  console.table(
    rows.map((row) => ({
      what: row.what,
      "per second": Math.round(row.perSecond),
      "p50 ms": round(row.p50Ms),
      "p99 ms": round(row.p99Ms),
      refused: row.refused,
      "server µs": row.serverUsPerRequest,
    })),
  );
}

async function main(): Promise<void> {
  if (values.help) return console.log(USAGE);
  const folder = mkdtempSync(join(values.folder, "login-bench-"));
  const disk = measureDisk(folder);
  // With no limits on how often one address may come.
  const free = { LOGIN_ADDRESS_PER_MINUTE: "0", LOGIN_ACCOUNT_PER_MINUTE: "0" };
  const env = { FLOTILLA_STATE: folder, LOGIN_PORT: "0", ...free };
  try {
    const rows = await measureStore("SQLite", env);
    const found = await findFerret();
    if ("program" in found) {
      await using ferret = await FerretServer.start(found.program);
      const there = { ...env, LOGIN_DOCUMENTS: `${ferret.url}bench` };
      rows.push(...(await measureStore("MongoDB protocol", there)));
    } else console.log(`not measured on MongoDB's protocol: ${found.missing}`);
    rows.push(await measureBare());
    show(rows);
    writeResult(values.json, { machine: machine(), disk, rows });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

await main();
