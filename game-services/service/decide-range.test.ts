import fc from "fast-check";
import { expect, it } from "vitest";
import { decideRange, isKnownEtag } from "./decide-range.ts";

it.each([
  ["none", undefined, "whole"],
  ["the first bytes", "bytes=0-3", { from: 0, until: 4 }],
  ["from somewhere to the end", "bytes=7-", { from: 7, until: 10 }],
  ["more than there is", "bytes=7-99", { from: 7, until: 10 }],
  ["the last bytes", "bytes=-3", { from: 7, until: 10 }],
  ["more last bytes than there are", "bytes=-30", { from: 0, until: 10 }],
  ["no last bytes", "bytes=-0", "outside"],
  ["what lies behind the end", "bytes=10-", "outside"],
  ["a range that runs backwards", "bytes=3-2", "whole"],
  ["several ranges", "bytes=0-1,3-4", "whole"],
  ["another unit", "lines=0-1", "whole"],
  ["no numbers", "bytes=-", "whole"],
] as const)("answers %s", (_, header, expected) => {
  expect(decideRange(header, 10)).toEqual(expected);
});

it("never gives a part that is empty or outside, whatever is asked for", () => {
  const anyHeader = fc.oneof(fc.string(), fc.stringMatching(/^bytes=\d{0,4}-\d{0,4}$/));
  fc.assert(
    fc.property(anyHeader, fc.nat(2_000), (header, size) => {
      const part = decideRange(header, size);
      if (typeof part === "string") return;
      expect(part.from).toBeGreaterThanOrEqual(0);
      expect(part.from).toBeLessThan(part.until);
      expect(part.until).toBeLessThanOrEqual(size);
    }),
  );
});

it.each([
  [undefined, false],
  ['"a"', true],
  ['"b", W/"a"', true],
  ["*", true],
  ['"b"', false],
  ["a", false],
])("knows whether If-None-Match names what there is: %s", (header, expected) => {
  expect(isKnownEtag(header, "a")).toBe(expected);
});
