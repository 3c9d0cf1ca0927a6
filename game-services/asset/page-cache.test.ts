import { expect, it } from "vitest";
import { PageCache } from "./page-cache.ts";

it("shows a page for its revision and for a while, and forgets the one unused for longest", () => {
  let now = 0;
  const cache = new PageCache({ charsMax: 30, ageMsMax: 100, now: () => now });
  cache.set("a", "r1", "x".repeat(9));
  expect([cache.get("a", "r1"), cache.get("b", "r1")]).toEqual(["x".repeat(9), undefined]);
  cache.set("b", "r1", "y".repeat(9));
  cache.set("c", "r1", "z".repeat(9));
  expect(cache.get("a", "r1")).toBeDefined();
  cache.set("d", "r1", "w".repeat(9));
  expect(["a", "b", "c", "d"].map((key) => cache.get(key, "r1") !== undefined)).toEqual([
    true,
    false,
    true,
    true,
  ]);
  expect(cache.get("a", "r2")).toBeUndefined();
  now = 101;
  expect(cache.get("c", "r1")).toBeUndefined();
  cache.set("e", "r1", "v".repeat(100));
  expect(cache.get("e", "r1")).toBeUndefined();
});
