import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findPath } from "./find-path.ts";
import { blockedTiles, type Point } from "./grid.ts";
import { predicted, SPEED, stepped } from "./predict.ts";
import { directionOf, isWalk, STANDING, walkedOn, wantedOf } from "./walk.ts";

const ROWS = ["######", "#....#", "#.##.#", "#.~..#", "######"];
const BLOCKED = blockedTiles(ROWS, []);
const at = (x: number, y: number): Point => ({ x, y });

describe("what is in the way", () => {
  it("are solid tiles, and all tiles that a solid thing touches", () => {
    const things = [
      { x: 1.5, y: 1.5, solid: true },
      { x: 4, y: 1.5, solid: true },
      { x: 1.5, y: 3.5, solid: false },
    ];
    const free = blockedTiles(ROWS, things).map((row) => row.map((b) => (b ? "#" : ".")).join(""));
    expect(free).toEqual(["######", "##.###", "#.##.#", "#.#..#", "######"]);
  });
});

describe("a way", () => {
  it("goes around walls and ends where it was asked to", () => {
    const path = findPath(BLOCKED, at(1.5, 3.5), at(4.2, 3.7));
    expect(path.at(-1)).toEqual(at(4.2, 3.7));
    expect(path).toContainEqual(at(1.5, 1.5));
    expect(path).toContainEqual(at(4.5, 1.5));
  });

  it("ends as near as it gets where there is no way", () => {
    expect(findPath(BLOCKED, at(1.5, 1.5), at(2.5, 2.5)).at(-1)).toEqual(at(2.5, 1.5));
    expect(findPath(BLOCKED, at(1.5, 1.5), at(1.6, 1.4))).toEqual([at(1.6, 1.4)]);
  });

  it("never leads through what is blocked, on any map", () => {
    const row = fc.string({ unit: fc.constantFrom(".", "#"), minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 8, maxLength: 8 }),
        fc.nat(7),
        fc.nat(7),
        (rows, x, y) => {
          const open = [`.${rows[0]?.slice(1)}`, ...rows.slice(1)];
          const blocked = blockedTiles(open, []);
          let from = at(0.5, 0.5);
          for (const to of findPath(blocked, from, at(x + 0.5, y + 0.5))) {
            const steps = 1 + Math.ceil(Math.hypot(to.x - from.x, to.y - from.y) * 20);
            for (let i = 0; i <= steps; i++) {
              const p = at(
                from.x + ((to.x - from.x) * i) / steps,
                from.y + ((to.y - from.y) * i) / steps,
              );
              expect(blocked[Math.floor(p.y)]?.[Math.floor(p.x)]).toBe(false);
            }
            from = to;
          }
        },
      ),
    );
  });
});

describe("what the player wants", () => {
  it.each([
    ["nothing", [], at(0, 0)],
    ["right", ["ArrowRight"], at(1, 0)],
    ["left, by letters", ["KeyA"], at(-1, 0)],
    ["both ways, which is nowhere", ["KeyA", "ArrowRight"], at(0, 0)],
    ["down and right, no faster than straight", ["KeyS", "KeyD"], at(Math.SQRT1_2, Math.SQRT1_2)],
  ])("by keys is %s", (_, keys, expected) => {
    const { x, y } = directionOf(new Set(keys));
    expect([x, y]).toEqual([expect.closeTo(expected.x), expect.closeTo(expected.y)]);
  });

  it("by a click is one point after the other, and keys win", () => {
    const walk = { ...STANDING, points: [at(1, 1), at(2, 1)] };
    expect(wantedOf(walk, at(0, 1))).toEqual(at(1, 1));
    const next = walkedOn(walk, at(0.95, 1));
    expect(wantedOf(next, at(1, 1))).toEqual(at(2, 1));
    expect(isWalk(walkedOn(next, at(2, 1)))).toBe(false);
    expect(wantedOf({ ...walk, direction: at(0, -1) }, at(5, 5))).toEqual(at(5, 4));
  });
});

describe("a step", () => {
  it("is as long as time allows, and no longer than the way", () => {
    expect(stepped(BLOCKED, at(1.5, 1.5), at(4.5, 1.5), 0.1)).toEqual(at(1.5 + SPEED / 10, 1.5));
    expect(stepped(BLOCKED, at(1.5, 1.5), at(1.6, 1.5), 0.1).x).toBeCloseTo(1.6);
  });

  it("ends at a wall and slides along it", () => {
    const end = stepped(BLOCKED, at(1.5, 1.5), at(0, 3), 0.3);
    expect(end.x).toBeCloseTo(1.3, 3);
    expect(end.y).toBeGreaterThan(1.5);
  });

  it("never leads into what is blocked, wherever it is asked to", () => {
    const place = fc.record({
      x: fc.double({ min: -9, max: 9, noNaN: true }),
      y: fc.double({ min: -9, max: 9, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(place, { maxLength: 20 }), (wishes) => {
        let now = at(1.5, 1.5);
        for (const wish of wishes) {
          now = stepped(BLOCKED, now, wish, 0.05);
          for (const dx of [-0.29, 0.29])
            for (const dy of [-0.29, 0.29])
              expect(BLOCKED[Math.floor(now.y + dy)]?.[Math.floor(now.x + dx)]).toBe(false);
        }
      }),
    );
  });
});

describe("where the player is shown", () => {
  const options = { walk: STANDING, blocked: BLOCKED, server: at(1.5, 1.5), seconds: 0.05 };
  it("is where it walks to, before the game knows", () => {
    const walk = { ...STANDING, direction: at(1, 0) };
    const shown = predicted(at(1.5, 1.5), { ...options, walk, isSettled: false });
    expect(shown.x).toBeCloseTo(1.75);
  });

  it("stays while the game still comes after, then drifts to where the game says", () => {
    expect(predicted(at(2, 1.5), { ...options, isSettled: false })).toEqual(at(2, 1.5));
    const { x } = predicted(at(2, 1.5), { ...options, isSettled: true });
    expect(x).toBeCloseTo(1.75);
  });

  it("is where the game says at once when that is far away", () => {
    const walk = { ...STANDING, direction: at(1, 0) };
    expect(predicted(at(4.5, 3.5), { ...options, walk, isSettled: false })).toEqual(at(1.5, 1.5));
  });
});
