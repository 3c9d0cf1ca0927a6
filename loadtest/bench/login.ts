import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { ClosedLoadResult } from "./closed-load.ts";
import { httpLoad, jsonRequest } from "./http-load.ts";
import { cpuSecondsOf, machine, measureDisk, round } from "./machine.ts";
import { writeResult } from "./result.ts";
import { ServiceProcess } from "./service-process.ts";

/*
 * The login service under load: devices that register and log in, which are durable writes, and passwords, which are
 * hashes. `node loadtest/bench/login.ts --help` lists the options.
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

interface Row extends ClosedLoadResult {
  readonly what: string;
  /** Answers that were not what was asked for. */
  readonly refused: number;
  readonly serverUsPerRequest: number;
}

interface Phase {
  readonly what: string;
  readonly path: string;
  readonly clients: number;
  readonly body: (n: number) => object;
}

async function measure(
  pid: number,
  port: number,
  { what, path, clients, body }: Phase,
): Promise<Row> {
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

async function main(): Promise<void> {
  if (values.help) return console.log(USAGE);
  const folder = mkdtempSync(join(values.folder, "login-bench-"));
  const disk = measureDisk(folder);
  // With no limits on how often one address may come.
  const free = { LOGIN_ADDRESS_PER_MINUTE: "0", LOGIN_ACCOUNT_PER_MINUTE: "0" };
  const env = { FLOTILLA_STATE: folder, LOGIN_PORT: "0", ...free };
  const login = await ServiceProcess.start("game-services/login/main.ts", env);
  const { pid, port } = login;
  const clients = Number(values.clients);
  const device = (n: number): object => ({ device_id: `device-of-the-bench-${n}` });
  const phases: readonly Phase[] = [
    { what: "warm-up", path: "/login/device", clients, body: (n) => device(-1 - n) },
    { what: "register a device", path: "/login/device", clients, body: device },
    { what: "log in a device", path: "/login/device", clients, body: (n) => device(n % 5_000) },
    {
      what: "log in by password",
      path: "/login",
      clients: PASSWORD_CLIENTS,
      body: () => ({ user_id: USER.user_id, user_pw: USER.user_pw }),
    },
  ];
  try {
    const headers = { "content-type": "application/json" };
    const signUp = { method: "POST", headers, body: JSON.stringify(USER) };
    await fetch(`http://127.0.0.1:${port}/signup`, signUp);
    const rows: Row[] = [];
    for (const phase of phases) rows.push(await measure(pid, port, phase));
    console.table(
      rows.slice(1).map((row) => ({
        what: row.what,
        "per second": Math.round(row.perSecond),
        "p50 ms": round(row.p50Ms),
        "p99 ms": round(row.p99Ms),
        refused: row.refused,
        "server µs": row.serverUsPerRequest,
      })),
    );
    writeResult(values.json, { machine: machine(), disk, rows });
  } finally {
    await login[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  }
}

await main();
