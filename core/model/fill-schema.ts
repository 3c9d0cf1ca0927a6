import { isObject } from "../std/json.ts";
import type { Schema } from "./schema.ts";

/**
 * `value` with its defaults filled in, without nulls and without unknown fields; doing it twice changes nothing more.
 * The result always has the schema's shape: what is missing or of another type becomes an empty value, so that rules
 * can look at the rest of a wrong input and say all its problems at once.
 */
export function fillSchema(schema: Schema, value: unknown): unknown {
  const given = value === null || value === undefined ? schema.default : value;
  if (given === undefined) return undefined;
  const sound = isOfType(schema, given) ? given : emptyOf(schema);
  if (isObject(sound) && schema.type === "object") return fillObject(schema, sound);
  const { items } = schema;
  if (Array.isArray(sound) && items)
    return sound.map((item) => fillSchema(items, item) ?? emptyOf(items));
  return sound;
}

function fillObject(schema: Schema, value: Record<string, unknown>): Record<string, unknown> {
  const { properties = {}, additionalProperties: rest, required = [] } = schema;
  const entries: [string, unknown][] = [];
  for (const [key, item] of Object.entries(value)) {
    const known = Object.hasOwn(properties, key) ? properties[key] : rest;
    const filled = known && fillSchema(known, item);
    if (filled !== undefined) entries.push([key, filled]);
  }
  for (const [key, known] of Object.entries(properties)) {
    if (value[key] !== undefined && value[key] !== null && Object.hasOwn(value, key)) continue;
    if (required.includes(key)) entries.push([key, fillSchema(known, emptyOf(known))]);
    else if (known.default !== undefined && !Object.hasOwn(value, key))
      entries.push([key, fillSchema(known, undefined)]);
  }
  // Unlike assignment, this makes `__proto__` an ordinary member.
  return Object.fromEntries(entries);
}

function isOfType({ type }: Schema, value: unknown): boolean {
  if (type === undefined) return true;
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isObject(value);
  return typeof value === (type === "integer" ? "number" : type);
}

function emptyOf({ type }: Schema): unknown {
  if (type === "array") return [];
  if (type === "string") return "";
  if (type === "boolean") return false;
  return type === "integer" || type === "number" ? 0 : {};
}
