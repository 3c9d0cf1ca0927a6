import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { LoginKeys } from "../service/login-keys.fixture.ts";
import { ServiceProcess } from "../service/service-process.fixture.ts";
import { form, png, WELL } from "./asset.fixture.ts";
import type { AssetView } from "./asset-view.ts";
import { digestOf } from "./thumbnail-files.ts";

const KILLS = 4;
const CLIENTS = 6;
let folder: string;
let keys: LoginKeys;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "flotilla-asset-main-"));
  keys = await LoginKeys.open();
});
afterEach(async () => {
  await keys[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

function start(env: Readonly<NodeJS.ProcessEnv> = {}, ...args: readonly string[]): ServiceProcess {
  const own = { HOME: folder, FLOTILLA_STATE: folder, ASSET_PORT: "0", LOGIN_URL: keys.url };
  return new ServiceProcess("game-services/asset/main.ts", { ...own, ...env }, { args });
}

interface Written {
  /** Assets that were answered, with the thumbnail that was answered last. */
  readonly assets: Map<string, string | undefined>;
  count: number;
}

/** Makes assets and gives them thumbnails, one after the other, until the service is gone. */
async function write(url: string, token: string, written: Written, seed: number): Promise<void> {
  const authorization = `Bearer ${token}`;
  try {
    for (let i = 0; ; i++) {
      const made = await fetch(`${url}/assets`, {
        method: "POST",
        headers: { authorization, "content-type": "application/json" },
        body: JSON.stringify(WELL),
      });
      if (made.status !== 201) throw new Error(await made.text());
      const { message } = (await made.json()) as { message: AssetView };
      written.assets.set(message.asset_id, undefined);
      const { body, headers } = form(png(32, 8 + (i % 20), seed));
      const put = await fetch(`${url}/assets/${message.asset_id}/thumbnail`, {
        method: "PUT",
        headers: { authorization, ...headers },
        body: new Uint8Array(body),
      });
      if (put.status !== 200) throw new Error(await put.text());
      const changed = (await put.json()) as { message: AssetView };
      written.assets.set(message.asset_id, changed.message.thumbnail);
      written.count += 1;
    }
  } catch (error) {
    // The connection is gone with the process; everything else is a failure.
    if (!(error instanceof TypeError)) throw error;
  }
}

/** Every asset of a user, by id. */
async function mine(url: string, token: string): Promise<Map<string, AssetView>> {
  const found = new Map<string, AssetView>();
  for (let after = ""; ; ) {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${url}/assets/mine?limit=100${after}`, { headers });
    const { message } = (await answer.json()) as { message: { items: AssetView[]; next?: string } };
    for (const one of message.items) found.set(one.asset_id, one);
    if (message.next === undefined) return found;
    after = `&after=${message.next}`;
  }
}

it("keeps what it answered over kills in the middle of uploads, and no asset points to a broken file", {
  timeout: 120_000,
}, async () => {
  const env = { ASSET_PER_USER: "100000" };
  const token = await keys.token("ann", Date.now(), 3_600);
  const written: Written = { assets: new Map(), count: 0 };
  for (let kill = 0; kill < KILLS; kill++) {
    const asset = start(env);
    const url = await asset.listening();
    const goal = written.count + 5 + Math.random() * 40;
    const clients = Array.from({ length: CLIENTS }, (_, i) =>
      write(url, token, written, kill * CLIENTS + i),
    );
    while (written.count < goal) await new Promise(setImmediate);
    await asset.ended("SIGKILL");
    await Promise.all(clients);
  }
  const asset = start(env);
  const url = await asset.listening();
  const found = await mine(url, token);
  for (const [id, thumbnail] of written.assets) {
    expect(found.has(id)).toBe(true);
    if (thumbnail !== undefined) expect(found.get(id)?.thumbnail).toBe(thumbnail);
  }
  for (const { thumbnail } of found.values()) {
    if (thumbnail === undefined) continue;
    const bytes = Buffer.from(await (await fetch(url + thumbnail)).arrayBuffer());
    expect(`/thumbnails/${digestOf(bytes)}`).toBe(thumbnail);
  }
  // Nothing under its name is less than a whole file.
  const files = join(folder, "asset", "files");
  for (const part of readdirSync(files).filter((name) => name.length === 2))
    for (const name of readdirSync(join(files, part)))
      expect(digestOf(readFileSync(join(files, part, name)))).toBe(name);
  expect(await asset.ended("SIGTERM")).toBe(0);
  expect(written.count).toBeGreaterThan(KILLS * 5);
});

it("serves as a process, ends in order, answers what it was sent, and says no token", async () => {
  const asset = start();
  const url = await asset.listening();
  const token = await keys.token("ann", Date.now());
  const headers = { authorization: `Bearer ${token}` };
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  expect((await fetch(`${url}/assets`, { headers })).status).toBe(200);
  const asked = fetch(`${url}/assets`, { headers });
  const ended = asset.ended("SIGTERM");
  expect((await asked).status).toBe(200);
  expect(await ended).toBe(0);
  expect(asset.said).toContain('"msg":"ended"');
  expect(asset.said).not.toContain(token);
});

it.each([
  ["a setting that makes no sense", { ASSET_PORT: "x" }, [], "error: ASSET_PORT is a whole number"],
  ["a store that is none", { ASSET_DOCUMENTS: "redis://x" }, [], "error: documents are kept at"],
  ["an argument that is none", {}, ["--port"], "error: there is no argument --port"],
])("says what is wrong with %s", async (_, env, args, expected) => {
  const asset = start(env, ...args);
  expect(await asset.ended()).toBe(1);
  expect(asset.said).toContain(expected);
});
