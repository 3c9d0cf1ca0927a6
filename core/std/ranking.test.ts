import fc from "fast-check";
import { expect, it } from "vitest";
import { Ranking } from "./ranking.ts";

interface Item {
  readonly key: string;
  readonly rank: number;
}
const isBefore = (a: Item, b: Item): boolean =>
  a.rank === b.rank ? a.key < b.key : a.rank < b.rank;

it("knows the first of what is there, whatever came, changed its rank and went", () => {
  const step = fc.record({ key: fc.constantFrom(..."abcdefgh"), rank: fc.option(fc.nat(5)) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const ranking = new Ranking<Item>(isBefore);
      const there = new Map<string, Item>();
      for (const { key, rank } of steps) {
        if (rank === null) expect(ranking.delete(key)).toBe(there.delete(key));
        else {
          const item = { key, rank };
          ranking.put(key, item);
          there.set(key, item);
        }
        const [first] = [...there.values()].sort((a, b) => (isBefore(a, b) ? -1 : 1));
        expect(ranking.first).toBe(first);
        expect(ranking.get(key)).toBe(there.get(key));
        expect(ranking.size).toBe(there.size);
      }
    }),
  );
});
