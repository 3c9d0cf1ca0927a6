import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkSchema, FINDINGS_MAX } from "./check-schema.ts";
import { fillSchema } from "./fill-schema.ts";
import { KIND_SCHEMAS } from "./kind-schemas.ts";
import type { Schema } from "./schema.ts";

const S: Schema = {
  type: "object",
  required: ["size"],
  properties: {
    size: { type: "integer", minimum: 1, maximum: 10 },
    color: { type: "string", enum: ["red", "blue"], default: "red", "x-flotilla-later": ["green"] },
    tags: { type: "array", maxItems: 2, uniqueItems: true, items: { type: "string" } },
    deep: {
      type: "object",
      default: {},
      properties: { on: { type: "boolean", default: false }, at: { format: "quantity" } },
    },
    rest: { "x-flotilla-warn": "means nothing", "x-flotilla-same": ["Never"] },
    evil: { "x-flotilla-refuse": "is not supported" },
    map: {
      type: "object",
      additionalProperties: { type: "number" },
      propertyNames: {
        type: "string",
        maxLength: 3,
        pattern: "^[a-z.]+$",
        "x-flotilla-form": "a-z",
      },
    },
  },
};
const problemsOf = (value: unknown) =>
  checkSchema(S, value).problems.map(({ path, message }) => `${path}: ${message}`);

describe("checking a value against a schema", () => {
  // biome-ignore format: a table is read by its rows
  it.each([
    ["says what is missing", {}, ["size: is required, found nothing"]],
    ["counts null as missing", { size: null }, ["size: is required, found nothing"]],
    ["names the range and what was found", { size: 11 }, ["size: must be 1..10, found 11"]],
    ["wants whole numbers", { size: 1.5 }, ["size: must be a whole number, found 1.5"]],
    ["says how to write a string", { size: 1, color: 5 }, ["color: must be a string, found 5 (put it in quotes)"]],
    ["proposes the nearest word", { size: 1, color: "blu" }, ['color: must be red or blue, found "blu"; did you mean blue?']],
    ["knows the words to come", { size: 1, color: "green" }, ['color: "green" is not supported yet']],
    ["bounds lists", { size: 1, tags: ["a", "b", "c"] }, ["tags: must have at most 2 entries, found 3"]],
    ["finds repeated entries", { size: 1, tags: ["a", "a"] }, ['tags[1]: must be unique, "a" is at [0] too']],
    ["refuses null in a list", { size: 1, tags: [null] }, ["tags[0]: must be a string, found null"]],
    ["refuses by name", { size: 1, evil: { x: 1 } }, ["evil: is not supported"]],
    ["lets an empty refused field be", { size: 1, evil: {} }, []],
    ["checks the names of a map", { size: 1, map: { A: 1 } }, ['map.A: the name must be a-z, found "A"']],
    ["writes odd names in brackets", { size: 1, map: { "a.b": "x" } }, ['map["a.b"]: must be a number, found "x"']],
    ["checks quantities", { size: 1, deep: { at: "5 apples" } }, ['deep.at: must be a quantity that is not negative, such as 500m, 1.5 or 200Mi, found "5 apples"']],
    ["says all problems at once", { size: 0, color: [], deep: { on: "yes" } }, ["size: must be 1..10, found 0", "color: must be a string, found an empty list", 'deep.on: must be true or false, found "yes"']],
    ["wants the right type at the top", 5, [": must be an object, found 5"]],
  ])("%s", (_, value, expected) => {
    expect(problemsOf(value)).toEqual(expected);
  });

  it("reports unknown fields apart, with the nearest known one", () => {
    expect(checkSchema(S, { size: 1, colour: "red", deep: { zzzz: 1 } })).toEqual({
      problems: [],
      unknown: [{ path: "colour", nearest: "color" }, { path: "deep.zzzz" }],
      warnings: [],
    });
  });

  it("warns of what has no meaning, unless it says what happens anyway", () => {
    const warningsOf = (rest: unknown) => checkSchema(S, { size: 1, rest }).warnings;
    expect(warningsOf("Always")).toEqual(["rest: means nothing"]);
    expect([warningsOf("Never"), warningsOf([]), warningsOf(false)]).toEqual([[], [], []]);
  });

  it("is not misled by names that every object has", () => {
    const value = JSON.parse('{"size":1,"constructor":1,"__proto__":{"x":1},"toString":2}');
    const { unknown } = checkSchema(S, value);
    expect(unknown.map(({ path }) => path)).toEqual(["constructor", "__proto__", "toString"]);
  });

  it("refuses what is nested too deep to be looked into", () => {
    let rest: unknown = 1;
    for (let i = 0; i < 100_000; i++) rest = [rest];
    expect(problemsOf({ size: 1, rest })).toEqual(["rest: must not be nested deeper than 32"]);
  });

  it("says at most a hundred problems", () => {
    const map = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`k${i}`, "x"]));
    expect(problemsOf({ size: 1, map })).toHaveLength(FINDINGS_MAX);
  });
});

describe("filling a value by a schema", () => {
  it("adds defaults, also nested ones, and drops nulls and unknown fields", () => {
    const value = { size: 1, tags: null, other: 1, deep: { at: 1 } };
    expect(fillSchema(S, value)).toEqual({ size: 1, color: "red", deep: { at: 1, on: false } });
  });

  it("keeps an entry named __proto__ an ordinary one", () => {
    const map = JSON.parse('{"__proto__":5}');
    const filled = fillSchema(S, { size: 1, map }) as { map: Record<string, unknown> };
    expect(Object.getPrototypeOf(filled.map)).toBe(Object.prototype);
    expect(Object.keys(filled.map)).toEqual(["__proto__"]);
  });

  it("gives anything the shape of the schema, and the same again the second time", () => {
    const schemas = Object.values(KIND_SCHEMAS);
    fc.assert(
      fc.property(fc.constantFrom(...schemas), fc.jsonValue(), (schema, value) => {
        const once = fillSchema(schema, { spec: value, metadata: value });
        expect(fillSchema(schema, once)).toEqual(once);
        const shape = checkSchema(schema, once).problems.filter(({ message }) =>
          /^must be (an object|a list|a string|true or false)|^is required/.test(message),
        );
        expect(shape).toEqual([]);
      }),
    );
  });
});

it("describes every field of every kind", () => {
  const bare: string[] = [];
  const walk = (schema: Schema, path: string): void => {
    if (!schema.description) bare.push(path);
    for (const [name, one] of Object.entries(schema.properties ?? {})) walk(one, `${path}.${name}`);
    if (schema.items) walk(schema.items, `${path}[]`);
    if (schema.additionalProperties) walk(schema.additionalProperties, `${path}.*`);
  };
  for (const [kind, schema] of Object.entries(KIND_SCHEMAS)) walk(schema, kind);
  expect(bare).toEqual([]);
});

it("gives only defaults that its own rules accept", () => {
  const wrong: unknown[] = [];
  const walk = (schema: Schema, path: string): void => {
    if (schema.default !== undefined) {
      const { problems, unknown } = checkSchema(schema, fillSchema(schema, undefined), path);
      wrong.push(...problems, ...unknown);
    }
    for (const [name, one] of Object.entries(schema.properties ?? {})) walk(one, `${path}.${name}`);
    if (schema.items) walk(schema.items, `${path}[]`);
  };
  for (const [kind, schema] of Object.entries(KIND_SCHEMAS)) walk(schema, kind);
  expect(wrong).toEqual([]);
});
