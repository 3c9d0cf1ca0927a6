import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RoomsApi } from "../game-services/client/rooms-api.fixture.ts";
import { ArenaServer } from "../game-services/game/arena/arena-server.ts";
import { shownWith, TokenSigner, type Wanted } from "../game-services/game/join-keys.fixture.ts";
import { JoinTokens } from "../game-services/game/join-tokens.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "..");
/** What the page shows, as files beside a copy of the library; inside the project, where its packages are found. */
let folder: string;
const shown = new Map<string, string>();

beforeAll(async () => {
  await mkdir(join(root, ".build"), { recursive: true });
  folder = await mkdtemp(join(root, ".build", "client-page-"));
  await symlink(join(root, "game-services/client"), join(folder, "client"));
  const page = await readFile(join(root, "docs/client.md"), "utf8");
  for (const [, name = "", text = ""] of page.matchAll(/```ts\n\/\/ ([\w-]+\.ts)\n([\s\S]*?)```/g))
    shown.set(name, text);
  for (const [name, text] of shown) await writeFile(join(folder, name), text);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("what the page for game clients shows", () => {
  it("is understood by the compiler, with the project's own strictness", async () => {
    const config = {
      extends: join(root, "tsconfig.json"),
      compilerOptions: {
        lib: ["esnext", "dom", "dom.iterable"],
        declaration: false,
        isolatedDeclarations: false,
      },
      include: ["*.ts"],
      exclude: [],
    };
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
    const tsc = join(root, "node_modules/.bin/tsc");
    const { code, stdout } = await run(process.execPath, [tsc, "-p", folder]).catch(
      (error) => error,
    );
    expect([code, stdout]).toEqual([undefined, ""]);
    expect([...shown.keys()]).toEqual([
      "bot.ts",
      "page.ts",
      "map.ts",
      "patient.ts",
      "join-token.ts",
    ]);
  });

  it("plays: the bot finds a seat, is in the room, talks and leaves", async () => {
    await using api = await RoomsApi.open();
    const tokens = new JoinTokens({ now: Date.now, usedMax: 9, keysWaitMs: 1, waitersMax: 1 });
    tokens.show(shownWith("uid-1", api.signer));
    await using arena = await ArenaServer.open({
      host: "127.0.0.1",
      webSocketPort: 0,
      udpPort: 0,
      tokensWanted: "required",
      tokens,
      onPlayers: () => undefined,
      onPresence: () => undefined,
    });
    api.ports = [{ name: "game", port: arena.webSocketPort }];
    const env = { PATH: process.env.PATH, FLOTILLA_API: api.url, FLOTILLA_TOKEN: "secret" };
    const { stdout } = await run(process.execPath, [join(folder, "bot.ts")], { env });
    expect(stdout).toBe("ann plays in arena-room1\nann: hello\n");
    expect(api.asked.map(({ method }) => method)).toEqual(["POST", "DELETE"]);
    expect(api.players("arena-room1")).toEqual([]);
  });

  it("is bundled for a page", async () => {
    const entryPoints = [join(folder, "page.ts")];
    const { warnings } = await build({
      entryPoints,
      bundle: true,
      write: false,
      platform: "browser",
      format: "esm",
    });
    expect(warnings).toEqual([]);
  });
});

describe("the twenty lines for a game server", () => {
  interface Page {
    see(gameServer: ReturnType<typeof shownWith>): void;
    whoComes(token: string): Promise<{ player: string; room: string }>;
  }
  let page: Page;
  let signer: TokenSigner;
  beforeAll(async () => {
    signer = await TokenSigner.make("key-1");
    page = await import(join(folder, "join-token.ts"));
  });

  it("let nobody in before the platform has told them keys", async () => {
    await expect(page.whoComes(await signer.sign())).rejects.toThrow("no applicable key");
    page.see(shownWith("uid-1", signer));
    const token = await signer.sign();
    expect(await page.whoComes(token)).toEqual({ player: "ann", room: "arena-abcde" });
    await expect(page.whoComes(token)).rejects.toThrow("used already");
  });

  const late = Math.floor(Date.now() / 1000) - 70;
  it.each<[string, Wanted, RegExp]>([
    ["another server's", { aud: "uid-2" }, /"aud"/],
    ["an old one", { iat: late }, /"exp"/],
    ["somebody else's", { iss: "other" }, /"iss"/],
    ["one with an unknown key", { kid: "key-9" }, /no applicable key/],
  ])("refuse %s", async (_, wanted, why) => {
    await expect(page.whoComes(await signer.sign(wanted))).rejects.toThrow(why);
  });

  it("are twenty, not counting what types say", () => {
    const lines = (shown.get("join-token.ts") ?? "").split("\n");
    const code = lines.filter((line) => !/^(\/\*\*.*|type .*|)$/.test(line));
    expect(code.length).toBeLessThanOrEqual(20);
  });
});
