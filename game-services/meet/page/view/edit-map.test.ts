import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  did,
  emptyDraft,
  type History,
  objectAt,
  painted,
  redone,
  resized,
  SIZE_MAX,
  SIZE_MIN,
  stroke,
  undone,
  withObject,
  withoutObject,
} from "./edit-map.ts";

const OBJECT = {
  object_id: "o1",
  asset_id: "a1",
  x: 4.5,
  y: 3.5,
  rotation: 0,
  layer: 1,
  solid: true,
};

describe("a draft of a map", () => {
  it("begins as grass with a wall around it", () => {
    expect(emptyDraft("Home", 5, 4).tiles).toEqual(["#####", "#,,,#", "#,,,#", "#####"]);
  });

  it("is painted tile by tile, and is the same draft when nothing changes", () => {
    const draft = emptyDraft("Home", 5, 4);
    expect(painted(draft, { x: 1, y: 2 }, "~").tiles[2]).toBe("#~,,#");
    for (const outside of [
      { x: -1, y: 0 },
      { x: 5, y: 0 },
      { x: 0, y: 9 },
      { x: 0, y: 0 },
    ])
      expect(painted(draft, outside, "#")).toBe(draft);
  });

  it("has as many rows and columns as it says, in every size, and no thing outside", () => {
    const size = fc.integer({ min: SIZE_MIN, max: SIZE_MAX });
    fc.assert(
      fc.property(size, size, size, size, (w, h, w2, h2) => {
        const draft = resized(withObject(emptyDraft("x", w, h), OBJECT), w2, h2);
        expect([draft.tiles.length, ...new Set(draft.tiles.map((row) => row.length))]).toEqual([
          h2,
          w2,
        ]);
        for (const { x, y } of draft.objects) expect(x < w2 && y < h2).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it("finds the thing under a click: the highest, then the last", () => {
    const under = { ...OBJECT, object_id: "o0", layer: 0 };
    const draft = withObject(withObject(emptyDraft("x", 9, 9), OBJECT), under);
    expect(objectAt(draft.objects, { x: 4.9, y: 3.1 })?.object_id).toBe("o1");
    expect(objectAt(withoutObject(draft, "o1").objects, { x: 4.9, y: 3.1 })?.object_id).toBe("o0");
    expect(objectAt(draft.objects, { x: 6, y: 3 })).toBeUndefined();
  });
});

it("draws a stroke without holes", () => {
  const cell = fc.record({ x: fc.nat(40), y: fc.nat(40) });
  fc.assert(
    fc.property(cell, cell, (from, to) => {
      const cells = stroke(from, to);
      expect([cells[0], cells.at(-1)]).toEqual([from, to]);
      cells.slice(1).forEach(({ x, y }, i) => {
        const before = cells[i] ?? from;
        expect(Math.max(Math.abs(x - before.x), Math.abs(y - before.y))).toBeLessThanOrEqual(1);
      });
    }),
  );
});

it("goes back and forth through what was done, and forgets the future with something new", () => {
  let history: History<number> = { past: [], now: 0, future: [] };
  for (const next of [1, 2, 3]) history = did(history, next);
  history = undone(undone(history));
  expect(history.now).toBe(1);
  expect(redone(history).now).toBe(2);
  history = did(history, 9);
  expect(redone(history)).toBe(history);
  expect(undone(undone(undone(undone(history)))).now).toBe(0);
  for (let i = 0; i < 500; i++) history = did(history, i);
  expect(history.past.length).toBe(100);
});
