import { expect, it } from "vitest";
import { seededRandom } from "./random.ts";

const take = (seed: number): number[] => {
  const random = seededRandom(seed);
  return Array.from({ length: 100 }, () => random.next());
};

it("gives the same numbers for the same seed and others for another", () => {
  expect(take(7)).toEqual(take(7));
  expect(take(7)).not.toEqual(take(8));
});

it("stays in its bounds and reaches both ends", () => {
  const random = seededRandom(1);
  const seen = Array.from({ length: 1_000 }, () => random.integer(3, 6));
  expect(new Set(seen)).toEqual(new Set([3, 4, 5, 6]));
});

it("spreads over all tenths about evenly", () => {
  const random = seededRandom(2);
  const tenths = new Array<number>(10).fill(0);
  for (let i = 0; i < 10_000; i++) {
    const tenth = random.integer(0, 9);
    tenths[tenth] = (tenths[tenth] ?? 0) + 1;
  }
  expect(Math.min(...tenths)).toBeGreaterThan(850);
  expect(Math.max(...tenths)).toBeLessThan(1_150);
});

it("shuffles without losing or changing what it was given", () => {
  const items = Array.from({ length: 50 }, (_, i) => i);
  const shuffled = seededRandom(3).shuffle(items);
  expect(shuffled).not.toEqual(items);
  expect([...shuffled].sort((a, b) => a - b)).toEqual(items);
});

it("picks nothing from nothing", () => {
  expect(seededRandom(4).pick([])).toBeUndefined();
});
