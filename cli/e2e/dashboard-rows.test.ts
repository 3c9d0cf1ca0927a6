import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { newUser } from "../../api/access.fixture.ts";
import { type ApiHarness, GAME_SPEC, openApi } from "../../api/api.fixture.ts";
import { readPage } from "../../api/page-files.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import type { Resource } from "../../core/model/resource.ts";
import type { Room } from "../../core/model/room.ts";
import { DashboardVisitor } from "../testing/dashboard-visitor.ts";
import { chromiumPath } from "../testing/page-player.ts";

const ROOT = join(import.meta.dirname, "../..");
const SERVERS = 5_000;
const ROOMS = 50_000;
/** Rows that are seen, and some beyond: whatever the list has. */
const ROWS_MAX = 80;
const WAIT_MS = 60_000;
const executablePath = chromiumPath();
let api: ApiHarness;
let browser: Browser;
let servers: GameServer[];

/** More than that is too much for one commit. */
const BATCH = 1_000;

/** As many more out of one that was admitted. */
async function makeMore<T extends Resource>(first: T, count: number, prefix: string): Promise<T[]> {
  const others = Array.from({ length: count }, (_, i) => ({
    ...first,
    metadata: { ...first.metadata, name: `${prefix}-${i}`, uid: randomUUID() },
  }));
  const made: Resource[] = [];
  for (let from = 0; from < others.length; from += BATCH) {
    const batch = others.slice(from, from + BATCH);
    const writes = batch.map((object) => ({ op: "create" as const, object }));
    made.push(...((await api.store.commit(writes)) as Resource[]));
  }
  return made as T[];
}

async function makeServers(): Promise<GameServer[]> {
  const metadata = { name: "first", namespace: "default", labels: { "agones.dev/fleet": "arena" } };
  const input = { apiVersion: "agones.dev/v1", kind: "GameServer", metadata, spec: GAME_SPEC };
  const first = await api.put("GameServer", input, { state: "Ready", nodeName: "vm" });
  return await makeMore(first, SERVERS - 1, "arena");
}

const SEAT = { player: "ann", state: "Taken", givenAt: "2026-01-01T00:00:00Z" } as const;

async function makeRooms(): Promise<Room[]> {
  const attributes = { map: "forest" };
  const spec = { fleet: "arena", capacity: 8, open: true, emptySeconds: 60, attributes };
  // Nobody closes them: their server is there, and in each somebody plays.
  const status = { state: "Allocated", nodeName: "vm", rooms: ROOMS } as const;
  const host = await api.put("GameServer", { metadata: { name: "host" }, spec: GAME_SPEC }, status);
  const gameServerUid = host.metadata.uid;
  const first = await api.put(
    "Room",
    { metadata: { name: "room-first" }, spec },
    { gameServer: "host", gameServerUid, nodeName: "vm", address: "127.0.0.1", seats: { a: SEAT } },
  );
  return await makeMore(first, ROOMS - 1, "room");
}

beforeAll(async () => {
  if (executablePath === undefined) return;
  await promisify(execFile)(process.execPath, [join(ROOT, "setup.mjs"), "dashboard"]);
  api = await openApi({}, undefined, 0, readPage(join(ROOT, ".build/dashboard/page")));
  servers = await makeServers();
  const args = ["--no-sandbox", "--disable-dev-shm-usage"];
  browser = await chromium.launch({ executablePath, args });
}, WAIT_MS);
afterAll(async () => {
  await browser?.close();
  await api?.[Symbol.asyncDispose]();
}, WAIT_MS);
beforeEach((context) => {
  if (executablePath === undefined) context.skip("Chromium is not installed");
});

/** A viewer with a page of its own. */
async function visitor(who: string): Promise<DashboardVisitor> {
  const { cookie } = await newUser(api, who, "viewer");
  const visitor = await DashboardVisitor.open(browser, api.url);
  const [name = "", value = ""] = cookie.split("=");
  await visitor.page.context().addCookies([{ name, value, url: api.url }]);
  return visitor;
}

it(
  "shows 5,000 game servers in a small document, and every change of them, over one stream",
  async () => {
    await using ann = await visitor("ann");
    const { page } = ann;
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await page.goto(`${api.url}/#/gameservers`);
    const counted = (count: string) =>
      page.getByRole("heading", { level: 1, name: `Game servers ${count}` }).waitFor();
    await counted("5,000");
    const table = page.getByRole("region", { name: "List: Game servers" });
    const rows = (): Promise<number> => table.locator("tbody tr").count();
    expect(await rows()).toBeLessThan(ROWS_MAX);
    await table.press("End");
    await table.getByText("first", { exact: true }).waitFor();
    expect(await rows()).toBeLessThan(ROWS_MAX);

    await page.getByLabel("State").selectOption("Ready");
    const changed = servers.slice(0, 1_000).map((one) => ({
      op: "update" as const,
      expected: one.metadata.resourceVersion,
      object: { ...one, status: { ...one.status, state: "Allocated" as const } },
    }));
    await api.store.commit(changed);
    await counted("4,000");
    await api.store.commit(
      servers.slice(-10).map(({ metadata: { namespace, name } }) => ({
        op: "delete" as const,
        ref: { kind: "GameServer" as const, namespace, name },
      })),
    );
    await counted("3,990");
    await page.getByLabel("State").selectOption("Allocated");
    await counted("1,000");
    expect(asked.filter((path) => path === "/v1/stream").length).toBeLessThanOrEqual(2);
    expect(ann.faults).toEqual([]);
  },
  WAIT_MS,
);

it(
  "shows 50,000 rooms in a small document, and every change of them, without asking again",
  async () => {
    const rooms = await makeRooms();
    await using ben = await visitor("ben");
    const { page } = ben;
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await page.goto(`${api.url}/#/rooms`);
    const counted = (count: string) =>
      page.getByRole("heading", { level: 1, name: `Rooms ${count}` }).waitFor({ timeout: WAIT_MS });
    await counted("50,000");
    const table = page.getByRole("region", { name: "List: Rooms" });
    expect(await table.locator("tbody tr").count()).toBeLessThan(ROWS_MAX);
    await page.getByLabel("Search this list").fill("room-4999");
    await counted("10");
    const readings = asked.filter((path) => path === "/v1/rows").length;
    const seatIn = (room: Room): Promise<unknown> => {
      const seats = { ...room.status.seats, b: { ...SEAT, player: "ben" } };
      const object = { ...room, status: { ...room.status, seats } };
      const expected = room.metadata.resourceVersion;
      return api.store.commit([{ op: "update", object, expected }]);
    };
    for (const room of rooms.slice(49_990)) {
      await seatIn(room);
      await table
        .getByRole("row")
        .filter({ hasText: room.metadata.name })
        .getByText("2/8")
        .waitFor();
    }
    const closed = rooms[49_998];
    const { namespace = "", name = "" } = closed?.metadata ?? {};
    await api.store.commit([{ op: "delete", ref: { kind: "Room", namespace, name } }]);
    await counted("9");
    expect(asked.filter((path) => path === "/v1/rows").length).toBe(readings);
    expect(ben.faults).toEqual([]);
  },
  WAIT_MS * 2,
);
