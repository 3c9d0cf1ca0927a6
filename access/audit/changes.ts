import { isObject } from "../../core/std/json.ts";
import { HIDDEN, isSecretName, redactText } from "./redact.ts";

/** Paths with what stood there before and after. */
export interface Changes {
  readonly before: Readonly<Record<string, unknown>>;
  readonly after: Readonly<Record<string, unknown>>;
}

const PATHS_MAX = 50;
const DEPTH_MAX = 12;
const MORE = "…";
/** What every write changes, or nobody asked for. */
const NOISE = new Set(["metadata.resourceVersion", "metadata.generation", "metadata.uid"]);

/**
 * What differs between two values, by path, bounded: some paths, each with a short value. Values of secrets (by their
 * names, by how they look, and the values of environment variables and annotations that are named like some) are hidden,
 * but that they changed is told.
 */
export function changesOf(before: unknown, after: unknown): Changes {
  const found: [string, unknown, unknown][] = [];
  collect(before, after, "", false, 0, found);
  const shown = found.slice(0, PATHS_MAX);
  const pick = (side: 1 | 2): Record<string, unknown> => {
    const rows = shown.filter((row) => row[side] !== undefined).map((row) => [row[0], row[side]]);
    const more = found.length > PATHS_MAX ? { [MORE]: "more paths differ" } : {};
    return { ...Object.fromEntries(rows), ...more };
  };
  return { before: pick(1), after: pick(2) };
}

function collect(
  before: unknown,
  after: unknown,
  path: string,
  isHidden: boolean,
  depth: number,
  found: [string, unknown, unknown][],
): void {
  if (before === after || NOISE.has(path) || found.length > PATHS_MAX) return;
  if (depth < DEPTH_MAX && areBranches(before, after)) {
    const hidesValue = isHidden || isSecretVariable(before) || isSecretVariable(after);
    for (const key of keysOf(before, after)) {
      const isList = Array.isArray(before ?? after);
      const next = isList ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
      const hides = hidesValue ? key !== "name" : isSecretKey(key, path);
      collect(memberOf(before, key), memberOf(after, key), next, hides, depth + 1, found);
    }
    return;
  }
  if (JSON.stringify(before) === JSON.stringify(after)) return;
  found.push([path, shownOf(before, isHidden), shownOf(after, isHidden)]);
}

/** `{name: "DB_PASSWORD", value: "…"}` of a container's environment. */
function isSecretVariable(value: unknown): boolean {
  return isObject(value) && typeof value.name === "string" && "value" in value
    ? isSecretName(value.name)
    : false;
}

/** Names such as `secretName` and `tokenFile` say where a secret is, not what it is. */
function isSecretKey(key: string, path: string): boolean {
  return isSecretName(key) && !/(Name|Ref|File|Path)$/.test(key) && path !== "spec.volumes";
}

/** What is compared member by member: two of one kind, or one beside nothing. */
function areBranches(before: unknown, after: unknown): boolean {
  const kindOf = (value: unknown): string =>
    Array.isArray(value) ? "list" : isObject(value) ? "object" : "leaf";
  const [a, b] = [kindOf(before ?? after), kindOf(after ?? before)];
  return a !== "leaf" && a === b;
}

function keysOf(before: unknown, after: unknown): Iterable<string> {
  return new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
}

function memberOf(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}

function shownOf(value: unknown, isHidden: boolean): unknown {
  if (value === undefined || value === null || value === "") return value;
  if (isHidden) return HIDDEN;
  if (typeof value === "string") return redactText(value);
  return typeof value === "object" ? redactText(JSON.stringify(value)) : value;
}
