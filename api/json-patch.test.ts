import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isFleetError } from "../core/std/errors.ts";
import { jsonPatch } from "./json-patch.ts";

const TARGET = { a: { b: [1, 2, 3] }, "x/y": 1, "m~n": 2 };

describe("a JSON patch", () => {
  it.each([
    ["adds a member", [{ op: "add", path: "/c", value: 1 }], { ...TARGET, c: 1 }],
    [
      "adds in a list",
      [{ op: "add", path: "/a/b/1", value: 9 }],
      { ...TARGET, a: { b: [1, 9, 2, 3] } },
    ],
    [
      "adds at a list's end",
      [{ op: "add", path: "/a/b/-", value: 4 }],
      { ...TARGET, a: { b: [1, 2, 3, 4] } },
    ],
    ["replaces all", [{ op: "replace", path: "", value: 1 }], 1],
    ["removes from a list", [{ op: "remove", path: "/a/b/0" }], { ...TARGET, a: { b: [2, 3] } }],
    ["copies", [{ op: "copy", from: "/a/b", path: "/c" }], { ...TARGET, c: [1, 2, 3] }],
    ["moves", [{ op: "move", from: "/a/b", path: "/a/c" }], { ...TARGET, a: { c: [1, 2, 3] } }],
    [
      "knows escaped names",
      [
        { op: "test", path: "/x~1y", value: 1 },
        { op: "remove", path: "/m~0n" },
      ],
      { a: TARGET.a, "x/y": 1 },
    ],
  ])("%s", (_, patch, expected) => {
    expect(jsonPatch(TARGET, patch)).toEqual(expected);
    expect(TARGET).toEqual({ a: { b: [1, 2, 3] }, "x/y": 1, "m~n": 2 });
  });

  it.each([
    ["no list", {}, "BAD_REQUEST"],
    ["an operation without a path", [{ op: "add" }], "BAD_REQUEST"],
    ["an unknown operation", [{ op: "explode", path: "/a" }], "BAD_REQUEST"],
    ["a path without a slash", [{ op: "remove", path: "a" }], "BAD_REQUEST"],
    ["no value", [{ op: "add", path: "/c" }], "BAD_REQUEST"],
    ["a place that is not there", [{ op: "remove", path: "/a/x/y" }], "INVALID"],
    ["an index past the end", [{ op: "add", path: "/a/b/4", value: 1 }], "INVALID"],
    ["a test that fails", [{ op: "test", path: "/x~1y", value: 2 }], "INVALID"],
    ["an inherited name", [{ op: "copy", from: "/constructor", path: "/c" }], "INVALID"],
  ] as const)("is refused for %s", (_, patch, code) => {
    expect(() => jsonPatch(TARGET, patch)).toThrow(expect.objectContaining({ code }));
  });

  it("throws nothing but what is expected, whatever it is given", () => {
    const operation = fc.record(
      {
        op: fc.constantFrom("add", "remove", "replace", "move", "copy", "test", "x"),
        path: fc.constantFrom(
          "",
          "/",
          "/a",
          "/a/b",
          "/a/b/-",
          "/a/b/0",
          "/a/b/9",
          "/a/b/0/c",
          "a",
          "/__proto__/x",
        ),
        from: fc.constantFrom("", "/a", "/a/b/1", "/q", "b"),
        value: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 5 }), (patch) => {
        try {
          jsonPatch(TARGET, patch);
        } catch (error) {
          expect(isFleetError(error)).toBe(true);
        }
        expect(({} as Record<string, unknown>).x).toBeUndefined();
      }),
    );
  });
});
