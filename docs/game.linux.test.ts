import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "@colyseus/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { TestInstance } from "../cli/testing/test-instance.ts";
import type { GameServer } from "../core/model/game-server.ts";
import { Backend } from "../game-services/game/map/backend.fixture.ts";
import { MapPlayer } from "../game-services/game/map/map-player.fixture.ts";
import type { MapState } from "../game-services/game/map/map-state.ts";
import { ROOM_GONE } from "../game-services/game/played-room.ts";

/** Whatever was ended is back by then, on a machine that is busy with other things, too. */
const SOON = { timeout: 40_000, interval: 50 };
const PAGE = readFileSync(join(import.meta.dirname, "game.md"), "utf8");

interface SeatAnswer {
  readonly host: string;
  readonly ports: readonly { readonly name: string; readonly port: number }[];
  readonly token: string;
}
interface Opened {
  readonly room: { readonly id: string; readonly gameServer: { readonly name: string } };
  readonly seat: SeatAnswer;
}

let backend: Backend;
let instance: TestInstance;
beforeAll(async () => {
  backend = await Backend.open();
  // On plain processes, so that the game reaches services of this machine.
  instance = await TestInstance.start({
    driver: "process",
    images: ["examples/game/maps.image.yaml"],
    flags: ["--port-range", "17000-17030"],
  });
  await asked("POST", "/apis/agones.dev/v1/namespaces/default/fleets", fleetOfThePage());
});
afterAll(async () => {
  await instance?.[Symbol.asyncDispose]();
  await backend?.[Symbol.asyncDispose]();
});

/** The fleet that the page shows, with the services of this test. */
function fleetOfThePage(): object {
  const [, yaml = ""] = /```yaml\n(apiVersion: agones[^`]*)```/.exec(PAGE) ?? [];
  const fleet = parse(yaml);
  const [container] = fleet.spec.template.spec.template.spec.containers;
  container.env = [
    { name: "LOGIN_URL", value: backend.login.url },
    { name: "ROOM_URL", value: backend.service.url },
    { name: "ROOM_TOKEN", value: backend.operatorToken },
    { name: "MAP_METRICS_PORT", value: "0" },
  ];
  return fleet;
}
async function asked<T>(method: string, path: string, body?: object): Promise<T> {
  const answer = await instance.request(method, path, body);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
  return answer.body as T;
}
/** Finds or makes the room of a map with a seat for the player, as the room service does, and goes in. */
async function enter(user: string, map: string): Promise<MapPlayer & { readonly opened: Opened }> {
  const wanted = { fleet: "maps", attributes: { map }, seat: { player: user }, waitUpTo: "40s" };
  const opened = await asked<Opened>("POST", "/v1/rooms", wanted);
  const { host, ports, token } = opened.seat;
  const port = ports.find(({ name }) => name === "game")?.port;
  const client = new Client(`ws://${host}:${port}`);
  const access = await backend.login.accessOf(user);
  const room = await client.joinOrCreate<MapState>("map", { token, access });
  return Object.assign(new MapPlayer(user, room), { opened });
}
async function serverOf({ room }: Opened): Promise<GameServer> {
  const path = `/apis/agones.dev/v1/namespaces/default/gameservers/${room.gameServer.name}`;
  return asked("GET", path);
}
const near = (to: number) => (at: { readonly x: number; readonly y: number }) =>
  Math.hypot(at.x - to, at.y - to) < 0.3;

describe("the game on maps in an isolated container", () => {
  it("is Ready, and says why nobody comes in when it reaches no login service", async () => {
    await using closed = await TestInstance.start({
      images: ["examples/game/maps.image.yaml"],
      flags: ["--port-range", "17040-17060"],
    });
    const ask = (path: string, body: object) => closed.request("POST", path, body);
    await ask("/apis/agones.dev/v1/namespaces/default/fleets", fleetOfThePage());
    const wanted = { fleet: "maps", attributes: { map: "m" }, seat: { player: "ann" } };
    const { body } = await ask("/v1/rooms", { ...wanted, waitUpTo: "40s" });
    const { host, ports, token } = (body as Opened).seat;
    const port = ports.find(({ name }) => name === "game")?.port;
    const access = await backend.login.accessOf("ann");
    const knocking = new Client(`ws://${host}:${port}`).joinOrCreate("map", { token, access });
    await expect(knocking).rejects.toThrow("join refused: LoginAway");
  });
});

describe("the game on maps, on a whole instance", () => {
  it("takes the map from the token, tells who plays, and comes back after kill -9 with everybody's place", async () => {
    backend.draw("harbour");
    const ann = await enter("ann", "harbour");
    const ben = await enter("ben", "harbour");
    expect(ben.opened.room.id).toBe(ann.opened.room.id);
    await expect.poll(() => ann.sees("ben")?.name, SOON).toBe("ben!");
    expect(ann.room.state.name).toBe("map harbour");
    const players = async () =>
      [...((await serverOf(ann.opened)).status.lists?.players?.values ?? [])].sort().join();
    await expect.poll(players, SOON).toBe("ann,ben");
    expect((await serverOf(ann.opened)).status.counters?.rooms?.count).toBe(1);
    await ann.walk({ x: 1, y: 1 }, near(1));
    ann.room.send("say", "remember this");
    const kept = () => JSON.stringify(backend.service.snapshots.get("harbour") ?? "");
    await expect.poll(kept, SOON).toContain("remember this");
    const place = () => backend.service.keptPlace("harbour", "ann") ?? { x: 9, y: 9 };
    await expect.poll(() => near(1)(place()), SOON).toBe(true);

    for (const { room } of [ann, ben]) room.reconnection.enabled = false;
    const pid = (await serverOf(ann.opened)).status.container?.pid ?? expect.fail("it runs");
    process.kill(pid, "SIGKILL");
    const gone = async () =>
      (await instance.request("GET", `/v1/rooms/${ann.opened.room.id}`)).status;
    await expect.poll(gone, SOON).toBe(404);
    const again = await enter("ann", "harbour");
    expect(again.opened.room.id).not.toBe(ann.opened.room.id);
    await expect.poll(() => near(1)(again.sees("ann") ?? { x: 9, y: 9 }), SOON).toBe(true);
    await expect.poll(() => again.said.map(({ text }) => text), SOON).toEqual(["remember this"]);
    await again.room.leave();
  });

  it("ends a room that was closed, and lets nobody in any more", async () => {
    backend.draw("meadow");
    const ann = await enter("ann", "meadow");
    const { id } = ann.opened.room;
    const late = await asked<SeatAnswer>("POST", `/v1/rooms/${id}/seats`, { player: "ben" });
    await asked("DELETE", `/v1/rooms/${id}`);
    await expect.poll(() => ann.codes, SOON).toEqual([ROOM_GONE]);
    expect(ann.notices.map(({ what }) => what)).toEqual(["RoomClosed"]);
    const port = late.ports.find(({ name }) => name === "game")?.port;
    const access = await backend.login.accessOf("ben");
    const knocking = new Client(`ws://${late.host}:${port}`).joinOrCreate("map", {
      token: late.token,
      access,
    });
    await expect(knocking).rejects.toThrow("join refused: RoomClosed");
  });

  it("tells its players when it is to end, and saves what there is", async () => {
    backend.draw("forest");
    const ann = await enter("ann", "forest");
    await ann.walk({ x: 2, y: 2 }, near(2));
    ann.room.send("say", "last words");
    await expect.poll(() => ann.said.length, SOON).toBe(1);
    const { name } = ann.opened.room.gameServer;
    await asked("DELETE", `/apis/agones.dev/v1/namespaces/default/gameservers/${name}`);
    await expect.poll(() => ann.codes, SOON).toEqual([4001]);
    expect(ann.notices.map(({ what }) => what)).toEqual(["Ending"]);
    // What there is is saved once nobody is there any more.
    const saved = () => JSON.stringify(backend.service.snapshots.get("forest") ?? "");
    await expect.poll(saved, SOON).toMatch(/"ann".*last words/);
  });
});
