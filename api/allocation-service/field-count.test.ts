import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FieldCounter } from "./field-count.ts";
import { ALLOCATION, allocationServices } from "./messages.ts";

const counter = new FieldCounter(ALLOCATION, "AllocationRequest");
const { requestSerialize, requestDeserialize } = allocationServices().allocation.Allocate;
const MAX = 1_000;

function count(hex: string, max = MAX): number | undefined {
  return counter.count(Buffer.from(hex.replaceAll(" ", ""), "hex"), max);
}

const labels = fc.dictionary(fc.string({ maxLength: 5 }), fc.string({ maxLength: 5 }), {
  maxKeys: 3,
});
const expression = fc.record({
  key: fc.string(),
  operator: fc.nat(3),
  values: fc.array(fc.string()),
});
const selector = fc.record({
  matchLabels: labels,
  matchExpressions: fc.array(expression, { maxLength: 3 }),
  counters: fc.dictionary(fc.string(), fc.record({ minCount: fc.nat().map(String) }), {
    maxKeys: 2,
  }),
});
const request = fc.record({
  namespace: fc.string(),
  gameServerSelectors: fc.array(selector, { maxLength: 3 }),
  metadata: fc.record({ labels }),
});

describe("the count of a message's fields", () => {
  it("knows every field of the messages that clients write", () => {
    expect(count("")).toBe(0);
    // namespace "a"; two selectors, one of them with a label's entry of a key and a value.
    expect(count("0a0161 4200 4208 0a06 0a016b 120176")).toBe(6);
    fc.assert(
      fc.property(request, (one) => {
        const bytes = requestSerialize(one);
        const found = counter.count(bytes, MAX);
        expect(found).toBeGreaterThanOrEqual(1 + one.gameServerSelectors.length);
      }),
    );
  });

  it("ends as soon as there are too many, wherever they are", () => {
    expect(count("4200".repeat(2_000))).toBe(MAX + 1);
    const expressions = Buffer.from("3200".repeat(60), "hex");
    const nested = Buffer.concat([Buffer.from([0x42, expressions.length]), expressions]);
    expect(counter.count(nested, 50)).toBe(51);
    expect(counter.count(nested, 61)).toBe(61);
  });

  it.each([
    ["the number of a field that is text, with a number behind it", "0801"],
    ["a message as a number, which decoders read as a message", "4004 0a02 4200"],
    ["a number as text", "4204 1202 3200"],
    ["a number of a field with more bits than decoders take", "c28080801000"],
    ["a group", "6b 6c"],
    ["a field that ends behind its message", "4205 0a"],
    ["a number without an end", "28ff"],
  ])("is none for %s", (_what, hex) => {
    expect(count(hex)).toBeUndefined();
  });

  it("is never less than what a decoder finds in any bytes", () => {
    const piece = fc.constantFrom(
      "42",
      "0a",
      "12",
      "00",
      "02",
      "04",
      "32",
      "40",
      "6b",
      "6c",
      "c2808080",
      "10",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const bytes = Buffer.from(pieces.join(""), "hex");
        const counted = counter.count(bytes, MAX);
        if (counted === undefined) return;
        expect(counted).toBeGreaterThanOrEqual(objectsIn(decoded(bytes)));
      }),
      { numRuns: 5_000 },
    );
  });
});

function decoded(bytes: Buffer): unknown {
  try {
    return requestDeserialize(bytes);
  } catch {
    return undefined;
  }
}

/** Objects inside of this one. */
function objectsIn(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce<number>(
    (sum, inner) => sum + objectsIn(inner) + (isMessage(inner) ? 1 : 0),
    0,
  );
}
const isMessage = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value);
