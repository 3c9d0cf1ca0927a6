import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ARENA,
  CHAT_RATE,
  chatOf,
  fullBucket,
  isAfter,
  nameOf,
  pointOf,
  stepTowards,
  taken,
} from "./rules.ts";

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

  it.each([
    ["not an object", 7],
    ["infinite", { x: Number.POSITIVE_INFINITY, y: 0 }],
    ["not a number", { x: Number.NaN, y: 0 }],
    ["text", { x: "1", y: "2" }],
    ["incomplete", { x: 1 }],
  ])("take no point that is %s", (_, value) => {
    expect(pointOf(value)).toBeUndefined();
  });

  it("take chat of a bounded length without control characters", () => {
    expect(chatOf(" a\nb ")).toBe("a b");
    expect([chatOf(""), chatOf("\u0007"), chatOf(5), chatOf("x".repeat(201))]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("give everybody a name that can be read", () => {
    expect([
      nameOf("ann", "?"),
      nameOf("", "?"),
      nameOf(1, "?"),
      nameOf("é".repeat(99), "?"),
    ]).toEqual(["ann", "?", "?", "é".repeat(ARENA.nameLengthMax)]);
  });

  it("let through the burst, then the rate", () => {
    let bucket = fullBucket(CHAT_RATE, 0);
    let passed = 0;
    for (let ms = 0; ms <= 10_490; ms += 10) {
      const left = taken(bucket, CHAT_RATE, ms);
      if (!left) continue;
      bucket = left;
      passed += 1;
    }
    expect(passed).toBe(CHAT_RATE.burst + 10 * CHAT_RATE.perSecond);
  });

  it("know which of two packets is newer, over the wrap of the number too", () => {
    expect([isAfter(1, undefined), isAfter(5, 4), isAfter(4, 5), isAfter(5, 5)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect([isAfter(0, 0xffffffff), isAfter(0xffffffff, 0)]).toEqual([true, false]);
  });
});
