import { isObject } from "../std/json.ts";
import type { Schema } from "./schema.ts";

const SHOWN_MAX = 60;

/** A found value in a few words: `"Foo"`, `5`, `a list`. */
export function found(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (isObject(value)) return "an object";
  if (typeof value !== "string") return String(value);
  const cut = value.length > SHOWN_MAX ? `${value.slice(0, SHOWN_MAX)}…` : value;
  return JSON.stringify(cut);
}

/** `spec.ports[0].name`, `metadata.labels["agones.dev/fleet"]`. */
export function member(path: string, key: string): string {
  if (!/^[A-Za-z_$][\w$-]*$/.test(key)) return `${path}[${found(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}

/** `1..10`, `at least 1`, `at most 10`. */
export function range(minimum: number | undefined, maximum: number | undefined): string {
  if (minimum === maximum) return `exactly ${minimum}`;
  if (minimum === undefined) return `at most ${maximum}`;
  return maximum === undefined ? `at least ${minimum}` : `${minimum}..${maximum}`;
}

/** `a, b or c`. */
export function either(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} or ${last}`;
}

const TYPE_WORDS: Readonly<Record<NonNullable<Schema["type"]>, string>> = {
  object: "an object",
  array: "a list",
  string: "a string",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
};

/** `must be a string, found 5 (put it in quotes)`. */
export function wrongType(type: NonNullable<Schema["type"]>, value: unknown): string {
  const isScalar = typeof value === "number" || typeof value === "boolean";
  const hint = type === "string" && isScalar ? " (put it in quotes)" : "";
  return `must be ${TYPE_WORDS[type]}, found ${found(value)}${hint}`;
}
