import { describe, expect, it } from "vitest";
import { chatOf, NAME_LENGTH_MAX, nameOf, pointOf } from "./input.ts";

describe("what clients send", () => {
  it.each([
    ["not an object", 7],
    ["infinite", { x: Number.POSITIVE_INFINITY, y: 0 }],
    ["not a number", { x: Number.NaN, y: 0 }],
    ["text", { x: "1", y: "2" }],
    ["incomplete", { x: 1 }],
  ])("is no point when it is %s", (_, value) => {
    expect(pointOf(value)).toBeUndefined();
  });

  it("is taken as chat when its length is bounded, without control characters", () => {
    expect(chatOf(" a\nb ")).toBe("a b");
    expect([chatOf(""), chatOf("\u0007"), chatOf(5), chatOf("x".repeat(201))]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("gives everybody a name that can be read", () => {
    expect([
      nameOf("ann", "?"),
      nameOf("", "?"),
      nameOf(1, "?"),
      nameOf("é".repeat(99), "?"),
    ]).toEqual(["ann", "?", "?", "é".repeat(NAME_LENGTH_MAX)]);
  });
});
