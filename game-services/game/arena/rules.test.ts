import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ARENA, stepTowards } from "./rules.ts";

const anyPoint = fc.record({
  x: fc.double({ noNaN: true, min: -1e6, max: 1e6 }),
  y: fc.double({ noNaN: true, min: -1e6, max: 1e6 }),
});
const inside = fc.record({
  x: fc.double({ noNaN: true, min: 0, max: ARENA.width }),
  y: fc.double({ noNaN: true, min: 0, max: ARENA.height }),
});

describe("the arena's rules", () => {
  it("let nobody leave the arena or be faster than allowed, whatever is asked for", () => {
    fc.assert(
      fc.property(
        inside,
        anyPoint,
        fc.double({ min: -10, max: 1e6, noNaN: true }),
        (from, to, ms) => {
          const at = stepTowards(from, to, ms);
          const reach = (ARENA.speed * ARENA.stepMsMax) / 1000;
          expect(at.x >= 0 && at.x <= ARENA.width && at.y >= 0 && at.y <= ARENA.height).toBe(true);
          expect(Math.hypot(at.x - from.x, at.y - from.y)).toBeLessThanOrEqual(reach + 1e-9);
        },
      ),
    );
  });

  it("let a player arrive where it may get", () => {
    expect(stepTowards({ x: 0, y: 0 }, { x: 3, y: 4 }, 200)).toEqual({ x: 3, y: 4 });
    expect(stepTowards({ x: 0, y: 0 }, { x: 30, y: 40 }, 200)).toEqual({ x: 3, y: 4 });
  });
});
