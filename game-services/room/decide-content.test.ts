import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MapContent, MapObject } from "./collections.ts";
import {
  ASSETS_MAX,
  contentProblems,
  newAssets,
  OBJECTS_PER_TILE_MAX,
  TILES,
} from "./decide-content.ts";
import { ASSET_IDS, CHAIR, idFor } from "./room.fixture.ts";

const objectAt = (i: number, change: Partial<MapObject>): MapObject => ({
  ...{ object_id: `o${i}`, ...CHAIR, ...change },
});
const contentOf = (tiles: readonly string[], objects: readonly MapObject[] = []): MapContent => ({
  ...{ name: "x", width: tiles[0]?.length ?? 0, height: tiles.length, tiles, objects },
});
const floor = (side: number): string[] => Array(side).fill(".".repeat(side));

const anyContent = fc
  .record({
    tiles: fc.array(fc.stringMatching(/^[.#~,]{4}$/), { minLength: 4, maxLength: 4 }),
    objects: fc.array(
      fc.record({
        x: fc.double({ min: -0.5, max: 4.5, noNaN: true }),
        y: fc.double({ min: -0.5, max: 4.5, noNaN: true }),
        rotation: fc.constantFrom(0, 90, 180, 270, 45),
        solid: fc.boolean(),
      }),
      { maxLength: 12 },
    ),
  })
  .map(({ tiles, objects }) =>
    contentOf(
      tiles,
      objects.map((one, i) => objectAt(i, one)),
    ),
  );

describe("a content without problems", () => {
  it("has everything inside, no two solids on a tile, and a tile to stand on", () => {
    let good = 0;
    fc.assert(
      fc.property(anyContent, (content) => {
        if (contentProblems(content).length > 0) return;
        good += 1;
        const taken = new Set<string>();
        for (const { x, y, rotation, solid } of content.objects) {
          expect([0, 90, 180, 270]).toContain(rotation);
          expect(x >= 0 && x < 4 && y >= 0 && y < 4).toBe(true);
          const tile = `${Math.floor(x)} ${Math.floor(y)}`;
          if (solid) expect(taken.has(tile)).toBe(false);
          if (solid) taken.add(tile);
        }
        const free = content.tiles.flatMap((row, y) =>
          [...row].filter((tile, x) => !TILES[tile]?.solid && !taken.has(`${x} ${y}`)),
        );
        expect(free.length).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
    expect(good).toBeGreaterThan(20);
  });

  it("stays one without any of its objects", () => {
    fc.assert(
      fc.property(anyContent, fc.nat(11), (content, i) => {
        if (contentProblems(content).length > 0) return;
        const objects = content.objects.filter((_, n) => n !== i);
        expect(contentProblems({ ...content, objects })).toEqual([]);
      }),
    );
  });
});

it("has a bound on different assets, and on objects of a tile", () => {
  const assets = (count: number) =>
    Array.from({ length: count }, (_, i) =>
      objectAt(i, { asset_id: `a${i}`, x: i % 64, y: i >> 6 }),
    );
  expect(contentProblems(contentOf(floor(64), assets(ASSETS_MAX)))).toEqual([]);
  expect(contentProblems(contentOf(floor(64), assets(ASSETS_MAX + 1)))).toEqual([
    {
      path: "objects[100].asset_id",
      message: "is one too many: a map has at most 100 different assets",
    },
  ]);
  const crowd = Array.from({ length: OBJECTS_PER_TILE_MAX + 3 }, (_, i) => objectAt(i, {}));
  expect(contentProblems(contentOf(floor(4), crowd)).map(({ path }) => path)).toEqual([
    "objects[16]",
  ]);
});

it("says at most a hundred things, however much is wrong", () => {
  const objects = Array.from({ length: 1_000 }, (_, i) => objectAt(i, { x: 9, y: 9, rotation: 1 }));
  expect(contentProblems(contentOf(floor(4), objects))).toHaveLength(100);
});

it("asks only for assets that were not there before, each once", () => {
  const both = [objectAt(1, {}), objectAt(2, {}), objectAt(3, { asset_id: ASSET_IDS.two })];
  const next = contentOf(floor(4), both);
  expect(newAssets(undefined, next)).toEqual([ASSET_IDS.one, ASSET_IDS.two]);
  expect(newAssets(contentOf(floor(4), both.slice(0, 1)), next)).toEqual([ASSET_IDS.two]);
  expect(newAssets(next, contentOf(floor(4), [objectAt(4, {})]))).toEqual([]);
  expect(
    newAssets(next, contentOf(floor(4), [objectAt(4, { asset_id: idFor("a", 7) })])),
  ).toHaveLength(1);
});
