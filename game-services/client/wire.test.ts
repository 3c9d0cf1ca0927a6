import { expect, it } from "vitest";
import { durationMs } from "./wire.ts";

it.each([
  [10, 10_000],
  [0, 0],
  ["10", 10_000],
  ["10s", 10_000],
  ["500ms", 500],
  ["1.5m", 90_000],
  [undefined, undefined],
  ["soon", 0],
  [-1, 0],
  [Number.NaN, 0],
])("knows how long %s is", (duration, ms) => {
  expect(durationMs(duration)).toBe(ms);
});
