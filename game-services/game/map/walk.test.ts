import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Point } from "../input.ts";
import { bodyAt, Ground, overlap } from "./ground.ts";
import type { PlacedObject } from "./map-document.ts";
import { SPEED, walk } from "./walk.ts";

const box = (x: number, y: number, solid = true): PlacedObject => {
  return { object_id: `${x},${y}`, asset_id: "a", x, y, rotation: 0, layer: 1, solid };
};
function groundOf(tiles: readonly string[], objects: readonly PlacedObject[] = []): Ground {
  return new Ground({ width: tiles[0]?.length ?? 0, height: tiles.length, tiles, objects });
}

const SIDE = 8;
const anyTiles = fc.array(
  fc
    .array(fc.constantFrom(".", ".", ".", ",", "#", "~"), { minLength: SIDE, maxLength: SIDE })
    .map((row) => row.join("")),
  { minLength: SIDE, maxLength: SIDE },
);
const coordinate = fc.double({ min: 0, max: SIDE, noNaN: true });
const anyObjects = fc.array(
  fc.tuple(coordinate, coordinate, fc.boolean()).map(([x, y, solid]) => box(x, y, solid)),
  { maxLength: 6 },
);
const wild = fc.oneof(
  coordinate,
  fc.double({ min: -1, max: SIDE + 1, noNaN: true }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0.3, 0.7, 1.3, 4.7, 7.7),
);
const anyMoves = fc.array(
  fc.record({
    to: fc.record({ x: wild, y: wild }),
    ms: fc.oneof(fc.nat(300), fc.double({ min: -10, max: 1e9, noNaN: true })),
  }),
  { maxLength: 60 },
);
/** A way through the map: where it began, each place, and what each step was asked. */
const anyWalk = fc
  .record({ tiles: anyTiles, objects: anyObjects, x: coordinate, y: coordinate, moves: anyMoves })
  .map(({ tiles, objects, x, y, moves }) => {
    const ground = groundOf(tiles, objects);
    const start = ground.freeNear({ x, y });
    const places: Point[] = [start];
    for (const { to, ms } of moves) places.push(walk(ground, places.at(-1) ?? start, to, ms));
    return { tiles, ground, places, moves };
  })
  .filter(({ ground, places }) => places[0] !== undefined && ground.isFree(places[0]));

/** Tiles that can be reached on foot from one of them, as numbers. */
function connected(tiles: readonly string[], { x, y }: Point): Set<number> {
  const found = new Set<number>();
  const next = [[Math.floor(x), Math.floor(y)] as const];
  for (let at = next.pop(); at; at = next.pop()) {
    const [column, row] = at;
    const tile = tiles[row]?.[column];
    if (tile === undefined || "#~".includes(tile) || found.has(row * SIDE + column)) continue;
    found.add(row * SIDE + column);
    next.push([column + 1, row], [column - 1, row], [column, row + 1], [column, row - 1]);
  }
  return found;
}

describe("no sequence of moves, whatever is asked for and when,", () => {
  it("puts anybody into something solid, or out of the map", () => {
    fc.assert(
      fc.property(anyWalk, ({ ground, places }) => {
        for (const place of places) {
          const body = bodyAt(place);
          expect(ground.near(body).filter((solid) => overlap(solid, body))).toEqual([]);
          expect(ground.isFree(place)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("passes through a wall: who starts in a part of the map stays in it", () => {
    fc.assert(
      fc.property(anyWalk, ({ tiles, places }) => {
        const [start = { x: 0, y: 0 }] = places;
        const reachable = connected(tiles, start);
        for (const { x, y } of places)
          expect(reachable.has(Math.floor(y) * SIDE + Math.floor(x))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it("is faster than allowed: at most the speed for the time, and a quarter of a second saved up", () => {
    fc.assert(
      fc.property(anyWalk, ({ places, moves }) => {
        for (const [i, { ms }] of moves.entries()) {
          const [a = { x: 0, y: 0 }, b = { x: 99, y: 99 }] = [places[i], places[i + 1]];
          const reach = (SPEED * Math.min(Math.max(0, ms), 250)) / 1000;
          expect(Math.hypot(b.x - a.x, b.y - a.y)).toBeLessThanOrEqual(reach + 1e-9);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("a walk", () => {
  const room = ["#####", "#...#", "#...#", "#...#", "#####"];
  const far = (ground: Ground, from: Point, to: Point, steps = 20): Point => {
    let at = from;
    for (let step = 0; step < steps; step++) at = walk(ground, at, to, 100);
    return at;
  };

  it("arrives where nothing is in the way, in the time that it takes", () => {
    const ground = groundOf(room);
    expect(walk(ground, { x: 1.5, y: 1.5 }, { x: 2, y: 1.5 }, 100)).toEqual({ x: 2, y: 1.5 });
    expect(walk(ground, { x: 1.5, y: 1.5 }, { x: 3.5, y: 1.5 }, 200).x).toBeCloseTo(2.5);
  });

  it("stops at a wall, and slides along it", () => {
    const ground = groundOf(room);
    expect(far(ground, { x: 2, y: 2 }, { x: 9, y: 2 }).x).toBeCloseTo(3.7);
    const slid = far(ground, { x: 2, y: 1.5 }, { x: 9, y: 4 });
    expect(slid.x).toBeCloseTo(3.7);
    expect(slid.y).toBeGreaterThan(3);
  });

  it("goes over what is not solid, and round nothing by itself", () => {
    expect(far(groundOf(room, [box(2.5, 2, false)]), { x: 1.5, y: 2 }, { x: 3.5, y: 2 })).toEqual({
      x: 3.5,
      y: 2,
    });
    expect(far(groundOf(room, [box(2.5, 2)]), { x: 1.5, y: 2 }, { x: 3.5, y: 2 }).x).toBeCloseTo(
      1.7,
    );
  });

  it("leads out of what was put around somebody, and not back in", () => {
    const ground = groundOf(room, [box(2, 2)]);
    const out = far(ground, { x: 2, y: 2 }, { x: 3.5, y: 2 });
    expect(out).toEqual({ x: 3.5, y: 2 });
    expect(far(ground, out, { x: 2, y: 2 }).x).toBeCloseTo(2.8);
  });

  it("goes through a door that is as wide as somebody is, and no diagonal gap", () => {
    const door = groundOf(["###", "...", "###"]);
    expect(far(door, { x: 0.5, y: 1.5 }, { x: 2.5, y: 1.5 })).toEqual({ x: 2.5, y: 1.5 });
    const gap = groundOf([".#", "#."]);
    expect(far(gap, { x: 0.5, y: 0.5 }, { x: 1.5, y: 1.5 }).x).toBeLessThan(1);
  });
});

describe("a place to stand", () => {
  it("is the wanted one when it is free, else the nearest tile, else the wanted one", () => {
    const ground = groundOf(["..#", "###", "###"]);
    expect(ground.freeNear({ x: 0.6, y: 0.5 })).toEqual({ x: 0.6, y: 0.5 });
    expect(ground.freeNear({ x: 2.5, y: 2.5 })).toEqual({ x: 1.5, y: 0.5 });
    expect(groundOf(["##", "##"]).freeNear({ x: 1, y: 1 })).toEqual({ x: 1, y: 1 });
  });

  it("is looked for once, however many ask: one tile of a large map keeps nobody waiting", () => {
    const rows = Array.from({ length: 128 }, (_, y) => "#".repeat(127) + (y === 127 ? "." : "#"));
    let reads = 0;
    const tiles = new Proxy(rows, {
      get: (all, name) => {
        reads += 1;
        return Reflect.get(all, name);
      },
    });
    const ground = groundOf(tiles);
    expect(ground.freeNear({ x: 1.5, y: 1.5 })).toEqual({ x: 127.5, y: 127.5 });
    const once = reads;
    for (let i = 0; i < 100; i++) ground.freeNear({ x: 1.5, y: 1.5 });
    expect(reads - once).toBeLessThan(once / 10);
  });
});
