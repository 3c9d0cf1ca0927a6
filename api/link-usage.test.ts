import { expect, it } from "vitest";
import { USAGE_ROWS_MAX } from "../core/model/usage.ts";
import { isFleetError } from "../core/std/errors.ts";
import { usageFrom } from "./link-usage.ts";

it("takes measurements as they come, also ones that cannot be: others judge that", () => {
  const batch = { atMs: 5, rows: [["a", -1, 0, 0]] };
  expect(usageFrom(batch)).toEqual(batch);
});

it("takes rows of older and of newer agents", () => {
  const row = (columns: number): unknown[] => ["a", ...Array.from({ length: columns }, () => 1)];
  for (const columns of [3, 13, 32])
    expect(usageFrom({ atMs: 1, rows: [row(columns)] }).rows[0]).toHaveLength(columns + 1);
  const machine = { cpuMicros: 1, memoryBytes: 2, load: 0.5 };
  expect(usageFrom({ atMs: 1, rows: [], machine }).machine).toEqual(machine);
});

it.each([
  ["no object", []],
  ["no time", { rows: [] }],
  ["no rows", { atMs: 1, rows: {} }],
  ["a row that is too short", { atMs: 1, rows: [["a", 1, 2]] }],
  ["a row that is too long", { atMs: 1, rows: [["a", ...Array.from({ length: 33 }, () => 1)]] }],
  ["a machine without its numbers", { atMs: 1, rows: [], machine: { cpuMicros: 1 } }],
  ["an id that is no text", { atMs: 1, rows: [[1, 1, 2, 3]] }],
  ["a long id", { atMs: 1, rows: [["a".repeat(65), 1, 2, 3]] }],
  ["a number that is none", { atMs: 1, rows: [["a", "1", 2, 3]] }],
  ["infinity", { atMs: 1, rows: [["a", Number.POSITIVE_INFINITY, 2, 3]] }],
  [
    "too many rows",
    { atMs: 1, rows: Array.from({ length: USAGE_ROWS_MAX + 1 }, () => ["a", 1, 2, 3]) },
  ],
])("refuses %s", (_, body) => {
  let refusal: unknown;
  try {
    usageFrom(body);
  } catch (error) {
    refusal = error;
  }
  expect(isFleetError(refusal, "BAD_REQUEST")).toBe(true);
});
