import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { FerretServer, findFerret } from "../../store/mongodb/ferret-server.fixture.ts";
import { freePort } from "./flotilla-server.ts";
import { cpuSecondsOf, machine, measureDisk, round } from "./machine.ts";
import { writeResult } from "./result.ts";
import { ServiceProcess } from "./service-process.ts";
import { type WrkResult, wrk } from "./wrk.ts";

/*
 * Lists of the asset service by wrk, on SQLite and on a server that speaks MongoDB's protocol, beside a bare server that
 * answers the same bytes. `node loadtest/bench/asset.ts --help` lists the options.
 */
const { values } = parseArgs({
  options: {
    folder: { type: "string", default: tmpdir() },
    clients: { type: "string", default: "64" },
    seconds: { type: "string", default: "4" },
    assets: { type: "string", default: "400" },
    json: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

const USAGE = `node loadtest/bench/asset.ts [--folder DISK] [--clients N] [--seconds S] [--assets N] [--json FILE]
  --folder   a folder on the disk to measure; a temporary one is made in it
  --clients  connections of wrk, each with one request at a time
  --seconds  duration of each row
  --assets   published assets that there are
  --json     also writes everything to this file`;
const KINDS = ["furniture", "plants", "signs", "lamps"];
const MAKERS = 16;
const SCRIPT = join(import.meta.dirname, "asset-lists.lua");

interface Row extends WrkResult {
  readonly what: string;
  readonly serverUsPerRequest: number;
}

/** Publishes assets; several users do, as many at once as there are. */
async function fill(url: string, tokens: readonly string[], count: number): Promise<void> {
  let next = 0;
  const maker = async (token: string): Promise<void> => {
    for (let i = next++; i < count; i = next++) {
      const body = {
        name: `asset ${i}`,
        category_id: KINDS[i % KINDS.length],
        price: (i * 31) % 1_000,
        visibility: "public",
      };
      const answer = await fetch(`${url}/assets`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      if (answer.status !== 201) throw new Error(`an asset was not made: ${await answer.text()}`);
      await answer.arrayBuffer();
    }
  };
  await Promise.all(tokens.map(maker));
}

async function tokensOf(login: ServiceProcess): Promise<string[]> {
  const one = async (_: unknown, i: number): Promise<string> => {
    const answer = await fetch(`${login.url}/login/device`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ device_id: `device-of-the-bench-${i}` }),
    });
    const { tokens } = (await answer.json()) as { tokens: { access_token: string } };
    return tokens.access_token;
  };
  return await Promise.all(Array.from({ length: MAKERS }, one));
}

async function measure(
  what: string,
  { pid, url }: { readonly pid: number; readonly url: string },
  headers: Readonly<Record<string, string>>,
  script?: string,
): Promise<Row> {
  const load = { clients: Number(values.clients), headers, ...(script ? { script } : {}) };
  const seconds = Number(values.seconds);
  // A warm-up first.
  await wrk({ ...load, url, seconds });
  const before = cpuSecondsOf(pid);
  const result = await wrk({ ...load, url, seconds });
  const used = (cpuSecondsOf(pid) - before) / (result.perSecond * seconds);
  return { ...result, what, serverUsPerRequest: Math.round(used * 1e6) };
}

/** All rows of one store; `page` takes a list as it was answered. */
async function measureStore(
  name: string,
  env: Readonly<Record<string, string>>,
  tokens: readonly string[],
  page: (text: string) => void,
): Promise<Row[]> {
  await using asset = await ServiceProcess.start("game-services/asset/main.ts", env);
  await fill(asset.url, tokens, Number(values.assets));
  const headers = { authorization: `Bearer ${tokens[0]}` };
  const url = `${asset.url}/assets`;
  page(await (await fetch(url, { headers })).text());
  return [
    await measure(`${name}: the newest 20`, { pid: asset.pid, url }, headers),
    await measure(`${name}: lists of every kind`, { pid: asset.pid, url }, headers, SCRIPT),
  ];
}

async function measureBare(body: string): Promise<Row> {
  const port = await freePort();
  const program = join(import.meta.dirname, "bare-fastify.ts");
  const child: ChildProcess = spawn(process.execPath, [program, `${port}`, body], {
    stdio: ["pipe", "ignore", "inherit"],
  });
  const url = `http://127.0.0.1:${port}/`;
  while (
    !(await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    ))
  )
    await setTimeout(20);
  try {
    const what = "bare fastify: the same 20 as an object, nothing read";
    return await measure(what, { pid: Number(child.pid), url }, {});
  } finally {
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
  }
}

async function main(): Promise<void> {
  if (values.help) return console.log(USAGE);
  const folder = mkdtempSync(join(values.folder, "asset-bench-"));
  const body = join(folder, "page.json");
  const disk = measureDisk(folder);
  try {
    const rows: Row[] = [];
    {
      await using login = await ServiceProcess.start("game-services/login/main.ts", {
        FLOTILLA_STATE: folder,
        LOGIN_PORT: "0",
        LOGIN_ADDRESS_PER_MINUTE: "0",
      });
      const tokens = await tokensOf(login);
      const env = { FLOTILLA_STATE: folder, ASSET_PORT: "0", LOGIN_URL: login.url };
      const keep = (text: string): void => writeFileSync(body, text);
      rows.push(...(await measureStore("SQLite", env, tokens, keep)));
      const found = await findFerret();
      if ("program" in found) {
        await using ferret = await FerretServer.start(found.program);
        const there = { ...env, ASSET_DOCUMENTS: `${ferret.url}bench` };
        rows.push(...(await measureStore("MongoDB protocol", there, tokens, keep)));
      } else console.log(`not measured on MongoDB's protocol: ${found.missing}`);
    }
    rows.push(await measureBare(body));
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
    writeResult(values.json, { machine: machine(), disk, rows });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

await main();
