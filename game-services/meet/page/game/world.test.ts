import { describe, expect, it } from "vitest";
import { saidLine, whisperedLine, withLine } from "./lines.ts";
import type { MapObject, MapPlayer, MapState } from "./map-state.ts";
import { World } from "./world.ts";

const ANN: MapPlayer = {
  user: "ann",
  name: "Ann",
  x: 1.5,
  y: 1.5,
  connected: true,
  can_edit: true,
};
const CHAIR: MapObject = { asset_id: "a1", x: 2.5, y: 1.5, rotation: 0, layer: 1, solid: true };
const state = (
  players: Record<string, MapPlayer>,
  objects: Record<string, MapObject> = {},
): MapState => ({
  map_id: "m1",
  name: "Home",
  width: 4,
  height: 3,
  tiles: "####\n#..#\n####",
  players: new Map(Object.entries(players)),
  objects: new Map(Object.entries(objects)),
});

describe("the world", () => {
  it("is the map, with what stands on it in the way", () => {
    const world = new World();
    world.see(state({ s1: ANN }), 0);
    expect([world.size, world.blocked[1]]).toEqual([
      { width: 4, height: 3 },
      [true, false, false, true],
    ]);
    world.see(state({ s1: ANN }, { o1: CHAIR }), 50);
    expect(world.blocked[1]).toEqual([true, false, true, true]);
    expect([...world.objects.keys()]).toEqual(["o1"]);
    world.see(state({ s1: ANN }), 100);
    expect(world.blocked[1]).toEqual([true, false, false, true]);
  });

  it("remembers where people were, what they said, and forgets who has gone", () => {
    const world = new World();
    world.see(state({ s1: ANN, s2: { ...ANN, user: "ben" } }), 0);
    world.hear("s1", "hello", 10);
    world.see(state({ s1: { ...ANN, x: 1.75 } }), 50);
    expect([...world.walkers.keys()]).toEqual(["s1"]);
    expect(world.positionOf("s1")).toMatchObject({ x: 1.75 });
    expect(world.walkers.get("s1")?.said?.text).toBe("hello");
    world.hear("s9", "nobody", 10);
  });
});

describe("the talk", () => {
  const said = { from: "s2", user: "ben", name: "Ben", text: "hi" };
  it("says whose lines are whose, and whom a whisper is for", () => {
    expect(saidLine(said, "ann").isMine).toBe(false);
    const nameOf = (user: string): string => `name of ${user}`;
    const whisper = whisperedLine({ ...said, to: "ann" }, "ben", nameOf);
    expect(whisper).toMatchObject({ kind: "whispered", to: "name of ann", isMine: true });
  });

  it("keeps the last lines, each with a number of its own", () => {
    let lines = withLine([], saidLine(said, "ann"));
    for (let i = 0; i < 300; i++) lines = withLine(lines, saidLine(said, "ann"));
    expect([lines.length, lines[0]?.id, lines.at(-1)?.id]).toEqual([200, 102, 301]);
  });
});
