import { expect, it } from "vitest";
import { TEXT_CHARS_MAX, TextCache } from "./text-cache.ts";

it("keeps what is asked for and stays within its bound", () => {
  const cache = new TextCache<number>({ entriesMax: 10 });
  cache.set("hot", 1);
  for (let i = 0; i < 1000; i++) {
    cache.set(`cold-${i}`, i);
    expect(cache.get("hot")).toBe(1);
    expect(cache.size).toBeLessThanOrEqual(10);
  }
  expect(cache.get("cold-1")).toBeUndefined();
});

it("keeps no long texts", () => {
  const cache = new TextCache<number>({ entriesMax: 10 });
  cache.set("x".repeat(TEXT_CHARS_MAX + 1), 1);
  expect(cache.size).toBe(0);
});
