import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "@colyseus/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { TestInstance } from "../cli/testing/test-instance.ts";
import { MapPlayer } from "../game-services/game/map/map-player.fixture.ts";
import type { MapState } from "../game-services/game/map/map-state.ts";
import type { Snapshot } from "../game-services/game/map/snapshot.ts";
import { ServiceProcess } from "../game-services/service/service-process.fixture.ts";

/** Whatever was ended is back by then, on a machine that is busy with other things, too. */
const SOON = { timeout: 40_000, interval: 50 };
const PAGE = readFileSync(join(import.meta.dirname, "game.md"), "utf8");

interface Entered {
  readonly room: string;
  readonly host: string;
  readonly ports: readonly { readonly name: string; readonly port: number }[];
  readonly token: string;
}

let stack: AsyncDisposableStack;
let instance: TestInstance;
let login: ServiceProcess;
let asset: ServiceProcess;
let room: ServiceProcess;
/** The room service's. */
let operatorToken: string;
beforeAll(async () => {
  await using opened = new AsyncDisposableStack();
  const state = mkdtempSync(join(tmpdir(), "flotilla-maps-"));
  opened.defer(() => rmSync(state, { recursive: true }));
  // On plain processes, so that the game reaches services of this machine.
  instance = opened.use(
    await TestInstance.start({
      driver: "process",
      images: ["examples/game/maps.image.yaml"],
      flags: ["--port-range", "17070-17100"],
    }),
  );
  const free = { LOGIN_PORT: "0", ASSET_PORT: "0", ROOM_PORT: "0", FLOTILLA_STATE: state };
  const start = async (name: string, env: object): Promise<ServiceProcess> =>
    opened.use(await ServiceProcess.start(`game-services/${name}/main.ts`, { ...free, ...env }));
  login = await start("login", {});
  asset = await start("asset", { LOGIN_URL: login.url });
  room = await start("room", {
    LOGIN_URL: login.url,
    ASSET_URL: asset.url,
    FLOTILLA_API: instance.url,
    ROOM_ALLOCATE_TOKEN_FILE: join(instance.state, "allocate.token"),
    ROOM_WAIT_SECONDS: "40",
  });
  operatorToken = readFileSync(join(state, "room", "operator.token"), "utf8").trim();
  const path = "/apis/agones.dev/v1/namespaces/default/fleets";
  const { status, body } = await instance.request("POST", path, fleetOfThePage());
  if (status !== 201) throw new Error(JSON.stringify(body));
  stack = opened.move();
});
afterAll(() => stack?.disposeAsync());

/** The fleet that the page shows, with the services of this test. */
function fleetOfThePage(): object {
  const [, yaml = ""] = /```yaml\n(apiVersion: agones[^`]*)```/.exec(PAGE) ?? [];
  const fleet = parse(yaml);
  const [container] = fleet.spec.template.spec.template.spec.containers;
  container.env = [
    { name: "LOGIN_URL", value: login.url },
    { name: "ROOM_URL", value: room.url },
    { name: "ROOM_TOKEN", value: operatorToken },
    { name: "MAP_METRICS_PORT", value: "0" },
  ];
  return fleet;
}
/** One request to a service as this player; the answer's message, or a failure. */
async function ask<T>(at: ServiceProcess, path: string, access: string, body?: object): Promise<T> {
  const answer = await fetch(`${at.url}${path}`, {
    method: body ? "POST" : "GET",
    headers: { authorization: `Bearer ${access}`, "content-type": "application/json" },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const said = (await answer.json()) as { readonly message: T };
  if (!answer.ok) throw new Error(`${path}: ${JSON.stringify(said)}`);
  return said.message;
}
async function signUp(user: string): Promise<string> {
  const form = { user_id: user, user_pw: "correct horse", nickname: `${user}!` };
  const answer = await fetch(`${login.url}/signup`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...form, email: `${user}@example.org` }),
  });
  const { tokens } = (await answer.json()) as {
    readonly tokens: { readonly access_token: string };
  };
  return tokens.access_token;
}
async function enter(user: string, access: string, map: string): Promise<[MapPlayer, Entered]> {
  const entered = await ask<Entered>(room, `/maps/${map}/enter`, access, {});
  const port = entered.ports.find(({ name }) => name === "game")?.port;
  const client = new Client(`ws://${entered.host}:${port}`);
  const { token } = entered;
  return [
    new MapPlayer(user, await client.joinOrCreate<MapState>("map", { token, access })),
    entered,
  ];
}
const near = (to: number) => (at: { readonly x: number; readonly y: number }) =>
  Math.hypot(at.x - to, at.y - to) < 0.3;

describe("login, asset, room and game server on a whole instance", () => {
  it("let players meet on a map, build on it, and find it as it was after kill -9 of the game", async () => {
    const [ann, ben] = [await signUp("ann"), await signUp("ben")];
    const tree = await ask<{ asset_id: string }>(asset, "/assets", ann, {
      name: "Tree",
      category_id: "plants",
    });
    const tiles = Array.from({ length: 8 }, () => ".".repeat(8));
    const drawing = { name: "Harbour", width: 8, height: 8, tiles, access: "public" };
    const { map_id: map } = await ask<{ map_id: string }>(room, "/maps", ann, drawing);
    await ask(room, `/maps/${map}/publish`, ann, {});
    const [first, entered] = await enter("ann", ann, map);
    const [second, other] = await enter("ben", ben, map);
    expect(other.room).toBe(entered.room);
    await expect.poll(() => second.sees("ann")?.can_edit, SOON).toBe(true);
    expect(second.sees("ben")?.can_edit).toBe(false);
    await second.walk({ x: 1, y: 1 }, near(1));

    // Built in the game, it is on the map; changed elsewhere, it is seen in the game.
    const placing = { asset_id: tree.asset_id, x: 6.5, y: 6.5, rotation: 0, layer: 1, solid: true };
    second.room.send("place", placing);
    await expect
      .poll(() => second.refused, SOON)
      .toEqual([{ what: "place", because: "not allowed" }]);
    first.room.send("place", placing);
    await expect.poll(() => second.objects(), SOON).toEqual([tree.asset_id]);
    const saved = await ask<{ objects: object[] }>(room, `/maps/${map}`, ben);
    expect(saved.objects).toMatchObject([placing]);
    const elsewhere = { ...placing, x: 4.5, y: 1.5, solid: false };
    await ask(room, `/maps/${map}/objects`, ann, elsewhere);
    // What one player sees already, another one may be about to see.
    for (const player of [first, second])
      await expect.poll(() => player.objects().length, SOON).toBe(2);
    const [gone] = [...first.room.state.objects.keys()];
    first.room.send("remove", { object_id: gone });
    await expect.poll(() => second.objects().length, SOON).toBe(1);

    first.room.send("say", "remember this");
    const kept = async () => {
      const path = `/maps/${map}/snapshot`;
      const { state } = await ask<{ state: Snapshot }>(room, path, operatorToken);
      const place = state.avatars.find(({ user }) => user === "ben") ?? { x: 9, y: 9 };
      return [near(1)(place), state.chat.map(({ text }) => text).join()];
    };
    await expect.poll(() => kept().catch(() => []), SOON).toEqual([true, "remember this"]);
    for (const player of [first, second]) player.room.reconnection.enabled = false;
    const found = await instance.request("GET", `/v1/rooms/${entered.room}`);
    const { gameServer } = found.body as { readonly gameServer: { readonly name: string } };
    const path = `/apis/agones.dev/v1/namespaces/default/gameservers/${gameServer.name}`;
    const server = (await instance.request("GET", path)).body as {
      readonly status: { readonly container: { readonly pid: number } };
    };
    process.kill(server.status.container.pid, "SIGKILL");
    const room404 = async () => (await instance.request("GET", `/v1/rooms/${entered.room}`)).status;
    await expect.poll(room404, SOON).toBe(404);
    const [again, anew] = await enter("ben", ben, map);
    expect(anew.room).not.toBe(entered.room);
    await expect.poll(() => near(1)(again.sees("ben") ?? { x: 9, y: 9 }), SOON).toBe(true);
    await expect.poll(() => again.said.map(({ text }) => text), SOON).toEqual(["remember this"]);
    expect(again.objects()).toEqual([tree.asset_id]);
    await again.room.leave();
  });
});
