import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "@colyseus/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GameProgram } from "./alone.fixture.ts";
import { Backend } from "./backend.fixture.ts";
import { MapPlayer, until } from "./map-player.fixture.ts";
import type { MapState } from "./map-state.ts";

let backend: Backend;
let state: string;
let game: GameProgram;
beforeAll(async () => {
  backend = await Backend.open();
  state = mkdtempSync(join(tmpdir(), "flotilla-alone-"));
  mkdirSync(join(state, "room"));
  writeFileSync(join(state, "room", "operator.token"), `${backend.operatorToken}\n`);
  const urls = { LOGIN_URL: backend.login.url, ROOM_URL: backend.service.url };
  game = await GameProgram.start({ ...urls, FLOTILLA_STATE: state });
}, 60_000);
afterAll(async () => {
  await game.end();
  await backend[Symbol.asyncDispose]();
  rmSync(state, { recursive: true });
}, 60_000);

async function enter(user: string, map: unknown, more: object = {}): Promise<MapPlayer> {
  const client = new Client(`ws://127.0.0.1:${game.webSocketPort}`);
  const access = await backend.login.accessOf(user);
  return new MapPlayer(user, await client.joinOrCreate<MapState>("map", { access, map, ...more }));
}

describe("a game server without a platform", { timeout: 60_000 }, () => {
  it("brings those together who come to the same map, each as who has logged in", async () => {
    backend.draw("here");
    backend.draw("there");
    const [ann, ben] = [await enter("ann", "here"), await enter("ben", "here")];
    const cid = await enter("cid", "there");
    await until(() => ann.sees("ben") !== undefined && ben.sees("ann") !== undefined);
    await until(() => cid.sees("cid") !== undefined);
    expect(cid.room.state.map_id).toBe("there");
    expect([cid.sees("ann"), ann.sees("cid")]).toEqual([undefined, undefined]);
    ann.room.send("say", "hello");
    await until(() => ben.said.length === 1);
    for (const { room } of [ann, ben, cid]) await room.leave();
  });

  it.each([
    ["without an access token", "here", { access: undefined }, "NoAccess"],
    ["with a forged one", "here", { access: "a.b.c" }, "AccessInvalid"],
    ["to no map", undefined, {}, "NoMap"],
    ["to what is none", "../online", {}, "NoMap"],
    ["to a map that is not there", "nowhere", {}, "MapGone"],
    ["to a map of somebody else", "secret", {}, "MapGone"],
    ["with a join token, which nobody could have given", "here", { token: "x" }, "NotReady"],
    ["into a room of a platform", "here", { room: "room-1" }, "NoToken"],
  ])("lets in nobody %s", async (_, map, more, reason) => {
    backend.draw("here");
    backend.draw("secret", { access: "members", members: [], creator: "zoe" });
    await expect(enter("ann", map, more)).rejects.toThrow(`join refused: ${reason}`);
  });

  it("says what is wrong with its settings, and what it understands", async () => {
    const env = { FLOTILLA_STATE: join(state, "nowhere") };
    expect(await GameProgram.said(env, ["--alone"])).toContain("the room service makes it");
    const platform = { AGONES_SDK_GRPC_PORT: "1", ROOM_TOKEN: "x", MAP_TOKENS: "optional" };
    expect(await GameProgram.said(platform, [])).toContain("here players have join tokens");
    expect(await GameProgram.said({}, ["--alone", "--fast"])).toContain("no argument --fast");
    expect(await GameProgram.said({}, ["--alone", "--help"])).toContain("npm run service:game");
  });
});
