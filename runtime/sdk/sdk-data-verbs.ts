import {
  LIST_CAPACITY_MAX,
  LIST_LENGTH_MAX,
  type SdkDataAnswer,
  type SdkDataVerb,
} from "../../core/model/sdk-data.ts";
import { FleetError } from "../../core/std/errors.ts";
import { isObject } from "../../core/std/json.ts";
import type { Session } from "./session.ts";

type Fields = Readonly<Record<string, unknown>>;
type Verb = (session: Session, request: Fields) => Promise<object>;

const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** The calls of Agones' beta service by their gRPC names, for gRPC and REST alike. They write, and answer after the commit. */
export const DATA_VERBS: Readonly<Record<string, Verb>> = {
  GetCounter: (session, { name }) => read(session, "counters", text(name)),
  GetList: (session, { name }) => read(session, "lists", text(name)),
  UpdateCounter: async (session, request) => write(session, counterCallOf(request)),
  UpdateList: async (session, request) => write(session, listCallOf(request)),
  AddListValue: (session, request) => write(session, valueCallOf("addValue", request)),
  RemoveListValue: (session, request) => write(session, valueCallOf("removeValue", request)),
};

async function write(session: Session, call: SdkDataVerb): Promise<object> {
  return messageOf(call.name, await session.data(call));
}

async function read(session: Session, member: "counters" | "lists", name: string): Promise<object> {
  const all = (await session.gameServer()).status[member] ?? {};
  const found = Object.hasOwn(all, name) ? all[name] : undefined;
  const noun = member === "counters" ? "counter" : "list";
  if (!found) throw new FleetError("NOT_FOUND", `${noun} not found: ${name}`);
  return messageOf(name, found);
}

function messageOf(name: string, found: SdkDataAnswer): object {
  const capacity = String(found.capacity);
  return "values" in found
    ? { name, capacity, values: [...found.values] }
    : { name, count: String(found.count), capacity };
}

function counterCallOf({ counterUpdateRequest: update }: Fields): SdkDataVerb {
  if (!isObject(update))
    throw new FleetError("INVALID", "invalid argument. CounterUpdateRequest cannot be nil");
  const name = text(update.name);
  const countDiff = wholeOf("countDiff", update.countDiff ?? update.count_diff) ?? 0;
  const count = wholeOf("count", unwrapped(update.count));
  const capacity = wholeOf("capacity", unwrapped(update.capacity));
  if (countDiff === 0 && count === undefined && capacity === undefined) {
    const found = `name: ${JSON.stringify(name)}, none of count, capacity and countDiff`;
    throw new FleetError("INVALID", `invalid argument. Malformed CounterUpdateRequest: ${found}`);
  }
  return {
    verb: "counter",
    name,
    ...(count === undefined ? {} : { count }),
    ...(capacity === undefined ? {} : { capacity }),
    ...(countDiff === 0 ? {} : { countDiff }),
  };
}

/** Values of one call, beyond a list's capacity or twice among them. */
const VALUES_MAX = 10_000;
const LIST_FIELDS: readonly string[] = ["name", "capacity", "values"];

/**
 * The mask says which fields are meant. An empty one means those that say something (AIP-134): Agones' Node client sends
 * it so. One that leaves nothing to do is refused, since a caller who set the capacity to 0 so would not learn of it.
 */
function listCallOf({ list, update_mask: mask }: Fields): SdkDataVerb {
  if (!isObject(list) || !isObject(mask))
    throw new FleetError("INVALID", "invalid argument. List and UpdateMask cannot be nil");
  const paths = Array.isArray(mask.paths) ? mask.paths.map(String) : [];
  const wrong = paths.filter((path) => !LIST_FIELDS.includes(path));
  if (wrong.length > 0) {
    const use = `Use valid field name(s): ${LIST_FIELDS.join(", ")}`;
    const text = `Field Mask Path(s): [${wrong.join(" ")}] are invalid for List. ${use}`;
    throw new FleetError("INVALID", `invalid argument. ${text}`);
  }
  const capacity = wholeOf("capacity", list.capacity) ?? 0;
  const values = valuesOf(list.values);
  assertCapacity(capacity);
  const isMeant = (path: string, says: boolean): boolean =>
    paths.length === 0 ? says : paths.includes(path);
  const name = text(list.name);
  const meant = {
    ...(isMeant("capacity", capacity !== 0) ? { capacity } : {}),
    ...(isMeant("values", values.length > 0) ? { values } : {}),
  };
  if (paths.length === 0 && Object.keys(meant).length === 0)
    throw new FleetError("INVALID", "invalid argument. UpdateMask is empty and List says nothing");
  return { verb: "list", name, ...meant };
}

/** Agones looks at the capacity even when the mask leaves it out. */
function assertCapacity(capacity: number): void {
  if (capacity >= 0 && capacity <= LIST_CAPACITY_MAX) return;
  const range = `[0,${LIST_CAPACITY_MAX}]`;
  const found = `Found Capacity: ${capacity}`;
  throw new FleetError(
    "OUT_OF_RANGE",
    `out of range. Capacity must be within range ${range}. ${found}`,
  );
}

function valueCallOf(verb: "addValue" | "removeValue", { name, value }: Fields): SdkDataVerb {
  return { verb, name: text(name), value: text(value) };
}

function valuesOf(values: unknown): readonly string[] {
  if (values === undefined || values === null) return [];
  if (!Array.isArray(values) || values.some((value) => typeof value !== "string"))
    throw new FleetError("BAD_REQUEST", "values must be a list of strings");
  const length = values.reduce((sum: number, value: string) => sum + value.length, 0);
  if (length <= LIST_LENGTH_MAX && values.length <= VALUES_MAX) return values;
  const found = `${values.length} values of ${length} characters`;
  const most = `at most ${VALUES_MAX} of ${LIST_LENGTH_MAX} are taken`;
  throw new FleetError("INVALID", `invalid argument. There are ${found}, ${most}`);
}

/** gRPC brings a wrapper as a message, JSON as the bare number. */
function unwrapped(value: unknown): unknown {
  return isObject(value) ? (value.value ?? 0) : value;
}

/** 64-bit numbers come as decimal strings, or as numbers over REST; those that a double cannot hold are refused. */
function wholeOf(field: string, value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  const isWhole = ["string", "number"].includes(typeof value) && /^-?\d+$/.test(String(value));
  if (isWhole && Number.isSafeInteger(Number(value))) return Number(value);
  const range = `from -${Number.MAX_SAFE_INTEGER} to ${Number.MAX_SAFE_INTEGER}`;
  throw new FleetError("BAD_REQUEST", `${field} must be a whole number ${range}`);
}

/** The mask that grpc-gateway makes of a body: the fields that it names. */
export function maskOfBody(body: Fields): { readonly paths: readonly string[] } {
  return {
    paths: Object.keys(body).filter((key) => LIST_FIELDS.includes(key) && body[key] !== null),
  };
}
