import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Point } from "../input.ts";
import { Backend } from "./backend.fixture.ts";
import { MapPlayer, until } from "./map-player.fixture.ts";
import { MapProcess } from "./map-process.fixture.ts";

/** Processes that start on a busy machine take long. */
const PATIENCE = { timeout: 60_000 };
let backend: Backend;
beforeAll(async () => {
  backend = await Backend.open();
});
afterAll(() => backend[Symbol.asyncDispose]());

const join = (game: MapProcess, user: string, map: string, room = `room-${map}`) =>
  MapPlayer.join(backend, game.webSocketPort, user, map, { room });
const isNear = (to: number) => (at: { x: number; y: number }) =>
  Math.abs(at.x - to) < 0.2 && Math.abs(at.y - to) < 0.2;
/** What was kept of a map's last room. */
const kept = (map: string): string => JSON.stringify(backend.service.snapshots.get(map) ?? "");

describe("a game server that is killed", PATIENCE, () => {
  it("loses nobody's place and no line of chat that is two seconds old: the next room of the map has them", async () => {
    backend.draw("killed");
    await using first = await MapProcess.start(backend);
    const [ann, ben] = [await join(first, "ann", "killed"), await join(first, "ben", "killed")];
    await ann.walk({ x: 1, y: 1 }, isNear(1));
    await ben.walk({ x: 6, y: 6 }, isNear(6));
    ann.room.send("say", "remember this");
    const place = (): Point => backend.service.keptPlace("killed", "ann") ?? { x: 0, y: 0 };
    await until(() => kept("killed").includes("remember this") && isNear(1)(place()));
    for (const { room } of [ann, ben]) room.reconnection.enabled = false;
    expect(await first.end("SIGKILL")).toBeNull();

    await using second = await MapProcess.start(backend);
    const again = await join(second, "ann", "killed", "room-after");
    await until(() => again.sees("ann") !== undefined && again.said.length === 1);
    expect(isNear(1)(again.sees("ann") ?? { x: 0, y: 0 })).toBe(true);
    expect(again.said[0]).toMatchObject({ user: "ann", text: "remember this", is_old: true });
    // Who is not back yet is not forgotten by the next snapshot.
    again.room.send("say", "second");
    await until(() => kept("killed").includes("second"));
    expect(kept("killed")).toContain('"ben"');
    const benAgain = await join(second, "ben", "killed", "room-after");
    await until(() => benAgain.sees("ben") !== undefined);
    expect(isNear(6)(benAgain.sees("ben") ?? { x: 0, y: 0 })).toBe(true);
    for (const { room } of [again, benAgain]) await room.leave();
  });
});

describe("a game server that is told to end", PATIENCE, () => {
  it("tells its players, saves what there is in that moment, and ends with 0", async () => {
    backend.draw("ended");
    await using game = await MapProcess.start(backend);
    const [ann, ben] = [await join(game, "ann", "ended"), await join(game, "ben", "ended")];
    await ann.walk({ x: 2, y: 2 }, isNear(2));
    ann.room.send("say", "last words");
    await until(() => ben.said.length === 1);
    expect(await game.end("SIGTERM")).toBe(0);
    await until(() => ann.codes.length === 1 && ben.codes.length === 1);
    expect([ann.codes, ben.codes]).toEqual([[4001], [4001]]);
    expect(ann.notices.map(({ what }) => what)).toEqual(["Ending"]);
    expect(kept("ended")).toContain("last words");
    const { state } = backend.service.snapshots.get("ended") as never as {
      state: { avatars: { user: string; x: number; y: number }[] };
    };
    expect(state.avatars.map(({ user }) => user).sort()).toEqual(["ann", "ben"]);
    expect(isNear(2)(state.avatars.find(({ user }) => user === "ann") ?? { x: 0, y: 0 })).toBe(
      true,
    );
    const told = game.facts.filter(({ fact }) => fact === "presence");
    expect(told.at(-1)).toMatchObject({ rooms: 0, players: 0 });
  });

  it("ends although the room service does not answer", async () => {
    backend.draw("away");
    await using game = await MapProcess.start(backend);
    const ann = await join(game, "ann", "away");
    backend.service.outage = 503;
    ann.room.send("say", "nobody will know");
    await until(() => ann.said.length === 1);
    expect(await game.end("SIGTERM")).toBe(0);
    backend.service.outage = undefined;
    expect(game.facts.map(({ fact }) => fact)).toContain("snapshot not saved");
  });
});
