import { expect, it } from "vitest";
import { USAGE_ROWS_MAX } from "../core/model/usage.ts";
import { isFleetError } from "../core/std/errors.ts";
import { usageFrom } from "./link-usage.ts";

it("takes measurements as they come, also ones that cannot be: others judge that", () => {
  const batch = { atMs: 5, rows: [["a", -1, 0, 0]] };
  expect(usageFrom(batch)).toEqual(batch);
});

it.each([
  ["no object", []],
  ["no time", { rows: [] }],
  ["no rows", { atMs: 1, rows: {} }],
  ["a row of another length", { atMs: 1, rows: [["a", 1, 2]] }],
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
