import fc from "fast-check";
import type { Schema } from "../../core/model/schema.ts";

/** Values that a schema takes. */
export function anyGood(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.type === "integer")
    return fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 1_000_000 });
  if (schema.type === "number") {
    const { minimum: min = -1e6, maximum: max = 1e6 } = schema;
    return fc.oneof(fc.integer({ min, max }), fc.double({ min, max, noNaN: true }));
  }
  if (schema.type === "boolean") return fc.boolean();
  if (schema.type === "array") return anyList(schema);
  if (schema.type === "string") return anyText(schema);
  if (schema.type === undefined) return fc.jsonValue({ maxDepth: 3 });
  const { properties = {}, required = [] } = schema;
  const members = Object.entries(properties).map(([name, one]) => [name, anyGood(one)] as const);
  return fc.record(Object.fromEntries(members), { requiredKeys: [...required] });
}

const ITEMS_MAX = 5;
const TEXT_MAX = 40;

function anyList({
  items = {},
  minItems = 0,
  maxItems = ITEMS_MAX,
}: Schema): fc.Arbitrary<unknown> {
  const maxLength = Math.max(minItems, Math.min(maxItems, ITEMS_MAX));
  return fc.array(anyGood(items), { minLength: minItems, maxLength });
}

function anyText({ minLength = 0, maxLength = 64, pattern }: Schema): fc.Arbitrary<string> {
  const size = (text: string): boolean => text.length >= minLength && text.length <= maxLength;
  if (pattern === undefined) return fc.string({ minLength, maxLength });
  if (pattern.includes("@")) return fc.emailAddress().filter(size);
  const most = Math.min(maxLength, TEXT_MAX);
  // What has one length, or characters of one kind, is made: by chance nearly no text would fit.
  if (minLength === maxLength) return fc.stringMatching(new RegExp(pattern, "u"));
  const [, kind] = /^\^(\[[^\]]+\])\+\$$/.exec(pattern) ?? [];
  if (kind !== undefined)
    return fc.stringMatching(new RegExp(`^${kind}{${minLength},${most}}$`, "u"));
  const form = new RegExp(pattern, "u");
  const unit = fc.constantFrom(..."abcXYZ019_.-");
  return fc.string({ unit, minLength, maxLength: most }).filter((text) => form.test(text));
}

const anyJunk: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.constantFrom("\ud800", "\0", "__proto__", "constructor", -0, 1e308, "x".repeat(5_000)),
);

/** Values that are nearly what a schema takes: one member missing, of another kind, or too many. */
export function anyNearly(schema: Schema): fc.Arbitrary<unknown> {
  const names = [...Object.keys(schema.properties ?? {}), "unheard_of", "__proto__", "constructor"];
  return fc
    .tuple(anyGood(schema), fc.constantFrom(...names), fc.option(anyJunk, { nil: undefined }))
    .map(([good, name, junk]) => {
      const members = Object.entries(good as object).filter(([one]) => one !== name);
      // By entries, so that `__proto__` is a member like any other.
      return Object.fromEntries(junk === undefined ? members : [...members, [name, junk]]);
    });
}

/** What may come as a body: good, nearly good, or anything at all. */
export function anyBody(schema: Schema): fc.Arbitrary<unknown> {
  return fc.oneof(anyGood(schema), anyNearly(schema), anyJunk);
}
