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
 * Maps fetched from the room service by wrk, on SQLite and on a server that speaks MongoDB's protocol, beside a bare
 * server that answers the same map. `node loadtest/bench/map.ts --help` lists the options.
 */
const { values } = parseArgs({
  options: {
    folder: { type: "string", default: tmpdir() },
    clients: { type: "string", default: "64" },
    seconds: { type: "string", default: "4" },
    maps: { type: "string", default: "50" },
    json: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

const USAGE = `node loadtest/bench/map.ts [--folder DISK] [--clients N] [--seconds S] [--maps N] [--json FILE]
  --folder   a folder on the disk to measure; a temporary one is made in it
  --clients  connections of wrk, each with one request at a time
  --seconds  duration of each row
  --maps     different maps that are asked for in turn
  --json     also writes everything to this file`;
const SIDE = 32;
const OBJECTS = 20;

interface Beside {
  readonly folder: string;
  readonly urls: Readonly<Record<string, string>>;
  readonly token: string;
  readonly assetId: string;
}

/** One call; throws unless it worked. */
async function call<T>(
  { url }: ServiceProcess,
  path: string,
  { body, token }: { readonly body?: object; readonly token?: string },
): Promise<T> {
  const answer = await fetch(url + path, {
    method: body ? "POST" : "GET",
    headers: {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

/** The services that the room service asks, with a player and something to place. */
async function startBeside(folder: string, stack: AsyncDisposableStack): Promise<Beside> {
  const state = { FLOTILLA_STATE: folder };
  const login = stack.use(
    await ServiceProcess.start("game-services/login/main.ts", { ...state, LOGIN_PORT: "0" }),
  );
  const urls = { LOGIN_URL: login.url };
  const asset = stack.use(
    await ServiceProcess.start("game-services/asset/main.ts", {
      ...{ ...state, ...urls, ASSET_PORT: "0" },
    }),
  );
  const { tokens } = await call<{ tokens: { access_token: string } }>(login, "/login/device", {
    body: { device_id: "the-device-of-the-bench" },
  });
  const token = tokens.access_token;
  const body = { name: "Old well", category_id: "furniture", price: 30 };
  const { message } = await call<{ message: { asset_id: string } }>(asset, "/assets", {
    ...{ body, token },
  });
  return { folder, urls: { ...urls, ASSET_URL: asset.url }, token, assetId: message.asset_id };
}

/** Asks for one path after the other. */
function scriptOf(paths: readonly string[]): string {
  return `local paths = {${paths.map((path) => JSON.stringify(path)).join(",")}}
local at = 0
function request()
  at = at % #paths + 1
  return wrk.format("GET", paths[at])
end`;
}

/** The service on one store, with its maps; `shown` takes one as it was answered. */
async function measureStore(
  what: string,
  env: Readonly<Record<string, string>>,
  { folder, urls, token, assetId }: Beside,
  shown: (text: string) => void,
): Promise<WrkRow> {
  const free = { ROOM_PORT: "0", ROOM_CHANGES_PER_MINUTE: "0", ROOM_MAPS_PER_USER: "1000" };
  const settings = { FLOTILLA_STATE: folder, ...urls, ...free, ...env };
  await using room = await ServiceProcess.start("game-services/room/main.ts", settings);
  const objects = Array.from({ length: OBJECTS }, (_, i) => ({
    ...{ asset_id: assetId, x: i + 0.5, y: i + 0.25, rotation: 90, layer: 1, solid: true },
  }));
  const body = { name: "Harbour", width: SIDE, height: SIDE, objects, access: "public" };
  const paths: string[] = [];
  for (let i = 0; i < Number(values.maps); i++) {
    const made = await call<{ message: { map_id: string } }>(room, "/maps", { body, token });
    paths.push(`/maps/${made.message.map_id}`);
  }
  shown(JSON.stringify(await call(room, paths[0] ?? "", { token })));
  const script = join(folder, "maps.lua");
  writeFileSync(script, scriptOf(paths));
  const load = { clients: Number(values.clients), seconds: Number(values.seconds) };
  const headers = { authorization: `Bearer ${token}` };
  return await measureWrk(what, room, { ...load, headers, script });
}

async function measureAll(folder: string): Promise<readonly WrkRow[]> {
  await using stack = new AsyncDisposableStack();
  const beside = await startBeside(folder, stack);
  const page = join(folder, "map.json");
  const keep = (text: string): void => writeFileSync(page, text);
  const rows = [await measureStore("SQLite: a map", {}, beside, keep)];
  const found = await findFerret();
  if ("program" in found) {
    await using ferret = await FerretServer.start(found.program);
    const documents = { ROOM_DOCUMENTS: `${ferret.url}bench` };
    rows.push(await measureStore("MongoDB protocol: a map", documents, beside, keep));
  } else console.log(`not measured on MongoDB's protocol: ${found.missing}`);
  const load = { clients: Number(values.clients), seconds: Number(values.seconds) };
  const bare = "bare fastify: the same map as an object, nothing read";
  return [...rows, await measureBare(bare, page, load)];
}

async function main(): Promise<void> {
  if (values.help) return console.log(USAGE);
  const folder = mkdtempSync(join(values.folder, "map-bench-"));
  const disk = measureDisk(folder);
  try {
    const rows = await measureAll(folder);
    showWrkRows(rows);
    writeResult(values.json, { machine: machine(), disk, rows });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

await main();
