import { FleetError } from "../core/std/errors.ts";
import { isObject, sameJson } from "../core/std/json.ts";

const OPERATIONS_MAX = 200;
type Holder = Record<string, unknown> | unknown[];

/** JSON patch (RFC 6902) on a copy of `target`; throws BAD_REQUEST when it is none, INVALID when it does not fit. */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch) || patch.length > OPERATIONS_MAX)
    throw new FleetError(
      "BAD_REQUEST",
      `a JSON patch is a list of at most ${OPERATIONS_MAX} operations`,
    );
  const root = { value: structuredClone(target) };
  for (const operation of patch as unknown[]) {
    if (!isObject(operation) || typeof operation.path !== "string")
      throw new FleetError("BAD_REQUEST", "each operation of a JSON patch has op and path");
    apply(root, operation, operation.path);
  }
  return root.value;
}

function apply(root: { value: unknown }, operation: Record<string, unknown>, path: string): void {
  const { op, value, from } = operation;
  const source = typeof from === "string" ? from : "";
  if (op === "add") put(root, path, value, true);
  else if (op === "replace") {
    read(root, path);
    put(root, path, value, false);
  } else if (op === "remove") remove(root, path);
  else if (op === "copy") put(root, path, structuredClone(read(root, source)), true);
  else if (op === "move") {
    const moved = read(root, source);
    remove(root, source);
    put(root, path, moved, true);
  } else if (op === "test") {
    if (!sameJson(read(root, path), value)) throw misfit(path, "holds another value");
  } else throw new FleetError("BAD_REQUEST", `a JSON patch knows no operation ${String(op)}`);
}

function misfit(path: string, what: string): FleetError {
  const problems = [{ path, message: what }];
  return new FleetError("INVALID", `the JSON patch does not fit: ${path} ${what}`, { problems });
}

function wordsOf(path: string): string[] {
  if (path !== "" && !path.startsWith("/"))
    throw new FleetError("BAD_REQUEST", `a path of a JSON patch starts with /, found ${path}`);
  const words = path.split("/").slice(1);
  return words.map((word) => word.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function holderOf(root: { value: unknown }, path: string): { holder: Holder; key: string } {
  const words = wordsOf(path);
  let holder: unknown = root;
  let key = "value";
  for (const word of words) {
    holder = member(holder as Holder, key, path);
    if (!isObject(holder) && !Array.isArray(holder)) throw misfit(path, "leads to nothing");
    key = word;
  }
  return { holder: holder as Holder, key };
}

function member(holder: Holder, key: string, path: string): unknown {
  if (Array.isArray(holder)) return holder[indexOf(holder, key, path)];
  return Object.hasOwn(holder, key) ? holder[key] : undefined;
}

function indexOf(holder: readonly unknown[], key: string, path: string): number {
  const index = /^(0|[1-9]\d{0,6})$/.test(key) ? Number(key) : Number.NaN;
  if (!(index < holder.length)) throw misfit(path, "leads to nothing");
  return index;
}

function read(root: { value: unknown }, path: string): unknown {
  const { holder, key } = holderOf(root, path);
  const found = member(holder, key, path);
  if (found === undefined) throw misfit(path, "leads to nothing");
  return found;
}

function put(root: { value: unknown }, path: string, value: unknown, isInsert: boolean): void {
  if (value === undefined)
    throw new FleetError("BAD_REQUEST", `${path} of the JSON patch has no value`);
  const { holder, key } = holderOf(root, path);
  if (!Array.isArray(holder)) holder[key] = value;
  else if (!isInsert) holder[indexOf(holder, key, path)] = value;
  else if (key === "-") holder.push(value);
  else
    holder.splice(
      key === String(holder.length) ? holder.length : indexOf(holder, key, path),
      0,
      value,
    );
}

function remove(root: { value: unknown }, path: string): void {
  read(root, path);
  const { holder, key } = holderOf(root, path);
  if (Array.isArray(holder)) holder.splice(indexOf(holder, key, path), 1);
  else delete holder[key];
}
