import type { Problem } from "../std/errors.ts";
import { isObject } from "../std/json.ts";
import { nearestName } from "../std/nearest.ts";
import { formatProblem } from "./formats.ts";
import type { Schema } from "./schema.ts";
import { either, found, member, range, wrongType } from "./schema-words.ts";

export interface UnknownField {
  readonly path: string;
  /** The known field that was probably meant. */
  readonly nearest?: string;
}
/** All that can be said about a value: at most FINDINGS_MAX of each. */
export interface Findings {
  readonly problems: Problem[];
  readonly unknown: UnknownField[];
  readonly warnings: string[];
}
export const FINDINGS_MAX = 100;
/** How deep a value may be that is kept without being looked into. */
const OPAQUE_DEPTH_MAX = 32;

/** Every problem of `value` at once, each with its path; unknown fields and warnings apart. `null` counts as absent. */
export function checkSchema(schema: Schema, value: unknown, path = ""): Findings {
  const out: Findings = { problems: [], unknown: [], warnings: [] };
  visit(schema, value, path, out);
  return out;
}

function visit(schema: Schema, value: unknown, path: string, out: Findings): void {
  if (value === null || value === undefined) return;
  const { "x-flotilla-refuse": refusal, "x-flotilla-warn": warning } = schema;
  if ((refusal ?? warning) !== undefined && !saysNothing(schema, value)) {
    if (refusal !== undefined) {
      say(out, path, refusal);
      return;
    }
    push(out.warnings, `${path}: ${warning}`);
  }
  if (schema.type) {
    if (!VISITS[schema.type](schema, value, path, out)) {
      say(out, path, wrongType(schema.type, value));
      return;
    }
  } else if (!schema.format && isTooDeep(value))
    say(out, path, `must not be nested deeper than ${OPAQUE_DEPTH_MAX}`);
  const problem = schema.format && formatProblem(schema.format, schema, value);
  if (problem) say(out, path, problem);
}

type Visit = (schema: Schema, value: unknown, path: string, out: Findings) => boolean;
/** Each looks into a value of its type; false when the value is of another. */
const VISITS: Readonly<Record<NonNullable<Schema["type"]>, Visit>> = {
  object: (schema, value, path, out) => {
    if (isObject(value)) visitObject(schema, value, path, out);
    return isObject(value);
  },
  array: (schema, value, path, out) => {
    if (Array.isArray(value)) visitArray(schema, value, path, out);
    return Array.isArray(value);
  },
  string: (schema, value, path, out) => {
    if (typeof value === "string") visitString(schema, value, path, out);
    return typeof value === "string";
  },
  integer: (schema, value, path, out) => {
    if (Number.isSafeInteger(value)) visitNumber(schema, value as number, path, out);
    return Number.isSafeInteger(value);
  },
  number: (schema, value, path, out) => {
    if (Number.isFinite(value)) visitNumber(schema, value as number, path, out);
    return Number.isFinite(value);
  },
  boolean: (_schema, value) => typeof value === "boolean",
};

function visitObject(
  schema: Schema,
  value: Record<string, unknown>,
  path: string,
  out: Findings,
): void {
  const { properties = {}, required = [], additionalProperties: rest, propertyNames } = schema;
  for (const key of required)
    if (value[key] === undefined || value[key] === null)
      say(out, member(path, key), "is required, found nothing");
  const keys = Object.keys(value);
  if (schema.maxProperties !== undefined && keys.length > schema.maxProperties)
    say(out, path, `must have at most ${schema.maxProperties} entries, found ${keys.length}`);
  for (const key of keys.slice(0, schema.maxProperties)) {
    const known = Object.hasOwn(properties, key) ? properties[key] : rest;
    const at = member(path, key);
    if (!known) sayUnknown(out, at, key, properties);
    else visit(known, value[key], at, out);
    if (known && propertyNames) visitString(propertyNames, key, at, out, "the name ");
  }
}

function visitArray(schema: Schema, value: readonly unknown[], path: string, out: Findings): void {
  const { items = {}, minItems, maxItems } = schema;
  const entries = maxItems === 1 ? "entry" : "entries";
  if (value.length < (minItems ?? 0) || value.length > (maxItems ?? Number.POSITIVE_INFINITY))
    say(out, path, `must have ${range(minItems, maxItems)} ${entries}, found ${value.length}`);
  if (schema.uniqueItems) visitUnique(value, path, out);
  value.slice(0, maxItems).forEach((item, i) => {
    if (item === null) say(out, `${path}[${i}]`, wrongType(items.type ?? "object", item));
    else visit(items, item, `${path}[${i}]`, out);
  });
}

function visitUnique(value: readonly unknown[], path: string, out: Findings): void {
  const first = new Map<unknown, number>();
  value.forEach((item, i) => {
    const before = first.get(item);
    if (before === undefined) first.set(item, i);
    else say(out, `${path}[${i}]`, `must be unique, ${found(item)} is at [${before}] too`);
  });
}

function visitString(
  schema: Schema,
  value: string,
  path: string,
  out: Findings,
  subject = "",
): void {
  const problem = lengthProblem(schema, value) ?? wordProblem(schema, value);
  if (problem) say(out, path, subject + problem);
}

function lengthProblem({ minLength, maxLength }: Schema, { length }: string): string | undefined {
  const isOut = length < (minLength ?? 0) || length > (maxLength ?? Number.POSITIVE_INFINITY);
  return isOut ? `must have ${range(minLength, maxLength)} characters, found ${length}` : undefined;
}

/** Patterns are tried on texts of the right length only, so that none takes long. */
function wordProblem(schema: Schema, value: string): string | undefined {
  const { enum: words, pattern, "x-flotilla-later": later = [] } = schema;
  if (later.includes(value)) return `${found(value)} is not supported yet`;
  if (words && !words.includes(value)) {
    const near = nearestName(value, words);
    return `must be ${either(words)}, found ${found(value)}${near ? `; did you mean ${near}?` : ""}`;
  }
  if (pattern === undefined || patternOf(pattern).test(value)) return undefined;
  return `must be ${schema["x-flotilla-form"] ?? `of the form ${pattern}`}, found ${found(value)}`;
}

function visitNumber(schema: Schema, value: number, path: string, out: Findings): void {
  const { minimum, maximum } = schema;
  if (value < (minimum ?? value) || value > (maximum ?? value))
    say(out, path, `must be ${range(minimum, maximum)}, found ${value}`);
}

/** Empty values and false say nothing, and neither do the values that the schema calls the same. */
function saysNothing(schema: Schema, value: unknown): boolean {
  if (value === false || value === "" || value === 0) return true;
  if (typeof value === "object" && value !== null && Object.keys(value).length === 0) return true;
  return schema["x-flotilla-same"]?.includes(value) ?? false;
}

const patterns = new Map<string, RegExp>();
/** Patterns come from our own tables only, so that there are few. */
function patternOf(source: string): RegExp {
  const known = patterns.get(source) ?? new RegExp(source, "u");
  patterns.set(source, known);
  return known;
}

function isTooDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > OPAQUE_DEPTH_MAX) return true;
    level = level.flatMap((one) =>
      typeof one === "object" && one !== null ? Object.values(one) : [],
    );
  }
  return false;
}

/** Looking for the nearest name is costly, so it is done only for fields that will be named. */
function sayUnknown(out: Findings, path: string, key: string, known: object): void {
  if (out.unknown.length >= FINDINGS_MAX) return;
  const nearest = nearestName(key, Object.keys(known));
  out.unknown.push(nearest === undefined ? { path } : { path, nearest });
}

function say(out: Findings, path: string, message: string): void {
  push(out.problems, { path, message });
}
function push<T>(list: T[], item: T): void {
  if (list.length < FINDINGS_MAX) list.push(item);
}
