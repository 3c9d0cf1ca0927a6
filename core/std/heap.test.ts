import { expect, it } from "vitest";
import { Heap } from "./heap.ts";
import { seededRandom } from "./random.ts";

it("gives what was put in, smallest first, whatever the order", () => {
  const random = seededRandom(7);
  for (let round = 0; round < 200; round++) {
    const heap = new Heap<number>((a, b) => a < b);
    const kept: number[] = [];
    for (let i = 0; i < 60; i++) {
      if (random.integer(0, 2) < 2) {
        const value = random.integer(0, 20);
        heap.push(value);
        kept.push(value);
        kept.sort((a, b) => a - b);
      } else expect(heap.pop()).toBe(kept.shift());
      expect(heap.first).toBe(kept[0]);
      expect(heap.size).toBe(kept.length);
    }
  }
});

it("is empty after clear", () => {
  const heap = new Heap<number>((a, b) => a < b);
  heap.push(1);
  heap.clear();
  expect([heap.size, heap.first, heap.pop()]).toEqual([0, undefined, undefined]);
});
