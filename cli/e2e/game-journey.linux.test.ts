import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestInstance } from "../testing/test-instance.ts";
import { GAME_PARTS, type GameFolder, type GamePart, gameFolder } from "./game-folder.ts";
import { LineProcess } from "./line-process.ts";
import { listed } from "./look-inside.ts";
import { ask, SteadyRequests } from "./service-client.ts";

const ROOT = join(import.meta.dirname, "../..");
const PLAYER = join(ROOT, "examples/game/player.ts");

interface Report {
  readonly user: string;
  readonly map: string;
  readonly room: string;
  readonly sees: readonly { readonly user: string; readonly x: number; readonly y: number }[];
  readonly objects: number;
  readonly heard: readonly string[];
}

describe("examples/game", () => {
  let game: GameFolder;
  let instance: TestInstance;
  const portOf = (part: GamePart): number => game.ports.get(part) ?? 0;
  const urlOf = (part: GamePart): string => `http://127.0.0.1:${portOf(part)}`;
  const player = (...words: readonly string[]): Promise<LineProcess> => {
    const env = (["login", "asset", "room"] as const).map(
      (part) => `${part.toUpperCase()}_URL=${urlOf("meet")}/${part}`,
    );
    return LineProcess.start(["env", ...env, process.execPath, PLAYER, ...words]);
  };

  beforeAll(async () => {
    await promisify(execFile)(process.execPath, [join(ROOT, "setup.mjs"), "meet-page"]);
    game = await gameFolder(GAME_PARTS);
    const flags = ["--port-range", "17940-17960"];
    instance = await TestInstance.start({ files: [game.folder], flags });
  });
  afterAll(async () => {
    await instance[Symbol.asyncDispose]();
    await rm(game.folder, { recursive: true });
  });

  it("is up by one command: services, the page and game servers", async () => {
    for (const part of ["login", "asset", "room", "meet"] as const) {
      expect(instance.said).toContain(`service ${part}: 2 of 2 replicas are ready`);
      expect(await ask(portOf(part), undefined, "/readyz")).toBe("200 ok");
    }
    expect(instance.said).toContain("fleet maps: 1 of 1 game servers are there");
    expect(await ask(portOf("meet"))).toMatch(/^200 .*<script/s);
  });

  it("lets two players sign up, make a thing and a map, enter it, walk, meet and talk", async () => {
    await using ann = await player("ann");
    await using ben = await player("ben", "ann");
    // What ben said arrives a moment after he was heard to be there.
    await expect
      .poll(() => instance.mustCli("get", "rooms", "-o", "wide"), { timeout: 60_000 })
      .toMatch(/2\/50/);
    const second = (await ben.end()) as Report;
    const first = (await ann.end()) as Report;
    expect(second).toMatchObject({ map: first.map, room: first.room, objects: 1 });
    expect(second.sees.map(({ user }) => user).sort()).toEqual(["ann", "ben"]);
    const annAt = second.sees.find(({ user }) => user === "ann");
    expect(Math.hypot((annAt?.x ?? 0) - 3.5, (annAt?.y ?? 0) - 3.5)).toBeLessThan(0.5);
    expect(first.heard).toContain("ben: hello from ben");
  });

  it("comes back with accounts, things and maps when everything was stopped", async () => {
    await instance.end("SIGINT");
    await instance.up();
    await using carl = await player("carl", "ann");
    const report = (await carl.end()) as Report;
    expect(report.objects).toBe(1);
    expect(report.sees.map(({ user }) => user)).toEqual(["carl"]);
  });

  it("loses no request of the page when all replicas of all services, and its own, are replaced", async () => {
    const requests = new SteadyRequests(portOf("meet"), 2, "/login/.well-known/jwks.json");
    const type = { "content-type": "application/merge-patch+json" };
    const template = { metadata: { labels: { again: "yes" } } };
    const SERVICES = "/apis/flotilla.dev/v1/namespaces/default/services";
    for (const part of ["login", "asset", "room", "meet"])
      await instance.request("PATCH", `${SERVICES}/${part}`, { spec: { template } }, type);
    const replaced = async (): Promise<number> =>
      (await listed(instance, "Container")).filter(
        ({ metadata, status }) => metadata.labels?.again === "yes" && status.phase === "Running",
      ).length;
    const all = async (): Promise<number> => (await listed(instance, "Container")).length;
    await expect.poll(replaced, { timeout: 90_000, interval: 500 }).toBe(8);
    await expect.poll(all, { timeout: 60_000, interval: 500 }).toBe(8);
    await requests.stop();
    expect(requests.failures).toEqual([]);
    expect([...new Set(requests.answers.map((one) => one.slice(0, 4)))]).toEqual(["200 "]);
    expect(requests.answers.length).toBeGreaterThan(100);
  }, 240_000);

  it("keeps game servers away from the platform", async () => {
    const [server] = await listed(instance, "GameServer");
    const script =
      'fetch("http://10.86.0.1:8700/livez").then((a) => console.log(a.status), () => console.log("no way"))';
    const name = server?.metadata.name ?? "";
    expect(await instance.mustCli("exec", name, "--", "node", "-e", script)).toBe("no way\n");
  });
});
