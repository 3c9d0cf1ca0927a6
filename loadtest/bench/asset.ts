import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ServiceProcess } from "../../game-services/service/service-process.fixture.ts";
import { FerretServer, findFerret } from "../../store/mongodb/ferret-server.fixture.ts";
import { machine, measureDisk } from "./machine.ts";
import { writeResult } from "./result.ts";
import { measureBare, measureWrk, showWrkRows, type WrkRow } from "./wrk-rows.ts";

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

const load = (): { clients: number; seconds: number } => ({
  clients: Number(values.clients),
  seconds: Number(values.seconds),
});

/** All rows of one store; `page` takes a list as it was answered. */
async function measureStore(
  name: string,
  env: Readonly<Record<string, string>>,
  tokens: readonly string[],
  page: (text: string) => void,
): Promise<WrkRow[]> {
  await using asset = await ServiceProcess.start("game-services/asset/main.ts", env);
  await fill(asset.url, tokens, Number(values.assets));
  const headers = { authorization: `Bearer ${tokens[0]}` };
  const url = `${asset.url}/assets`;
  page(await (await fetch(url, { headers })).text());
  return [
    await measureWrk(`${name}: the newest 20`, { pid: asset.pid, url }, { ...load(), headers }),
    await measureWrk(
      `${name}: lists of every kind`,
      { pid: asset.pid, url },
      { ...load(), headers, script: SCRIPT },
    ),
  ];
}

async function main(): Promise<void> {
  if (values.help) return console.log(USAGE);
  const folder = mkdtempSync(join(values.folder, "asset-bench-"));
  const body = join(folder, "page.json");
  const disk = measureDisk(folder);
  try {
    const rows: WrkRow[] = [];
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
    const bare = "bare fastify: the same 20 as an object, nothing read";
    rows.push(await measureBare(bare, body, load()));
    showWrkRows(rows);
    writeResult(values.json, { machine: machine(), disk, rows });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

await main();
