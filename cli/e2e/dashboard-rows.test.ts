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
import { DashboardVisitor } from "../testing/dashboard-visitor.ts";
import { chromiumPath } from "../testing/page-player.ts";

const ROOT = join(import.meta.dirname, "../..");
const SERVERS = 5_000;
/** Rows that are seen, and some beyond: whatever the list has. */
const ROWS_MAX = 80;
const WAIT_MS = 60_000;
const executablePath = chromiumPath();
let api: ApiHarness;
let browser: Browser;
let servers: GameServer[];

/** More than that is too much for one commit. */
const BATCH = 1_000;

/** Out of one that was admitted. */
async function makeServers(): Promise<GameServer[]> {
  const metadata = { name: "first", namespace: "default", labels: { "agones.dev/fleet": "arena" } };
  const input = { apiVersion: "agones.dev/v1", kind: "GameServer", metadata, spec: GAME_SPEC };
  const first = await api.put("GameServer", input, { state: "Ready", nodeName: "vm" });
  const others = Array.from({ length: SERVERS - 1 }, (_, i) => ({
    ...first,
    metadata: { ...first.metadata, name: `arena-${i}`, uid: randomUUID() },
  }));
  const made: Resource[] = [];
  for (let from = 0; from < others.length; from += BATCH) {
    const batch = others.slice(from, from + BATCH);
    const writes = batch.map((object) => ({ op: "create" as const, object }));
    made.push(...((await api.store.commit(writes)) as Resource[]));
  }
  return made as GameServer[];
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

it(
  "shows 5,000 game servers in a small document, and every change of them, over one stream",
  async () => {
    const { cookie } = await newUser(api, "ann", "viewer");
    await using ann = await DashboardVisitor.open(browser, api.url);
    const { page } = ann;
    const [name = "", value = ""] = cookie.split("=");
    await page.context().addCookies([{ name, value, url: api.url }]);
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
