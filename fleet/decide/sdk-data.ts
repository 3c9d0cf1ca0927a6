import type { Counter, GameServer, List } from "../../core/model/game-server.ts";
import {
  LIST_CAPACITY_MAX,
  LIST_LENGTH_MAX,
  LIST_VALUE_LENGTH_MAX,
  type SdkDataAnswer,
  type SdkDataVerb,
} from "../../core/model/sdk-data.ts";
import { FleetError } from "../../core/std/errors.ts";
import { mergePatch, sameJson } from "../../core/std/json.ts";
import type { SdkDecision } from "./sdk-call.ts";
import { callsWith, wasDone } from "./sdk-call-ids.ts";

export interface SdkDataDecision {
  /** What the Counter or List is after the call. */
  readonly answer: SdkDataAnswer;
  /** Absent when it is so already. */
  readonly change?: SdkDecision;
}

/**
 * What one call of the beta SDK makes of a Counter or a List. It is decided on the newest state, so that two differences
 * that come together both count. `id` names the call and is kept with what it changed: when its answer was lost and the
 * same call comes again, it is answered and not done twice. Throws NOT_FOUND, OUT_OF_RANGE, ALREADY_EXISTS and INVALID
 * with Agones' words.
 */
export function decideSdkData(server: GameServer, call: SdkDataVerb, id: string): SdkDataDecision {
  return call.verb === "counter"
    ? decided(server, { call, id, member: "counters", next: counterAfter })
    : decided(server, { call, id, member: "lists", next: listAfter });
}

interface Plan<C extends SdkDataVerb, V extends SdkDataAnswer> {
  readonly call: C;
  readonly id: string;
  readonly member: "counters" | "lists";
  readonly next: (now: V, call: C) => V;
}

function decided<C extends SdkDataVerb, V extends SdkDataAnswer>(
  server: GameServer,
  { call, id, member, next }: Plan<C, V>,
): SdkDataDecision {
  const all = (server.status[member] ?? {}) as { readonly [name: string]: V };
  const now = Object.hasOwn(all, call.name) ? all[call.name] : undefined;
  if (!now) throw notFound(call);
  if (wasDone(server.status, id)) return { answer: now };
  const answer = next(now, call);
  if (sameJson(now, answer)) return { answer };
  const lastSdkCall = callsWith(server.status, id);
  const delta = { status: { [member]: { [call.name]: answer }, lastSdkCall } };
  const noun = member === "counters" ? "counter" : "list";
  const message = `the game changed ${noun} ${call.name}`;
  const because = "SdkRequest";
  return { answer, change: { server: mergePatch(server, delta), delta, because, message } };
}

/** Capacity first, then the count, then the difference; a smaller capacity cuts the count, as Agones does it. */
function counterAfter(now: Counter, call: SdkDataVerb & { readonly verb: "counter" }): Counter {
  const { capacity = now.capacity, countDiff = 0 } = call;
  if (capacity < 0)
    throw outOfRange(
      `Capacity must be greater than or equal to 0. Found Capacity: ${call.capacity}`,
    );
  if (call.count !== undefined) assertCount(call.count, capacity);
  const base = call.count ?? Math.min(now.count, capacity);
  const count = base + countDiff;
  if (countDiff !== 0) assertCount(count, capacity);
  return { count, capacity };
}

function assertCount(count: number, capacity: number): void {
  if (count >= 0 && count <= capacity) return;
  throw outOfRange(
    `Count must be within range [0,Capacity]. Found Count: ${count}, Capacity: ${capacity}`,
  );
}

function listAfter(now: List, call: Exclude<SdkDataVerb, { readonly verb: "counter" }>): List {
  if (call.verb === "list") return replaced(now, call);
  const { name, value } = call;
  const { capacity, values } = now;
  if (call.verb === "removeValue") {
    if (!values.includes(value))
      throw new FleetError("NOT_FOUND", `not found. Value: ${value} not found in List: ${name}`);
    return { capacity, values: values.filter((one) => one !== value) };
  }
  if (values.length >= capacity)
    throw outOfRange(
      `No available capacity. Current Capacity: ${capacity}, List Size: ${values.length}`,
    );
  if (values.includes(value))
    throw new FleetError(
      "ALREADY_EXISTS",
      `already exists. Value: ${value} already in List: ${name}`,
    );
  return { capacity, values: assertLengths([...values, value]) };
}

/** Values are a set in the order they came; those beyond the capacity are cut, as Agones does it. */
function replaced(now: List, call: SdkDataVerb & { readonly verb: "list" }): List {
  const { capacity = now.capacity } = call;
  if (capacity < 0 || capacity > LIST_CAPACITY_MAX)
    throw outOfRange(
      `Capacity must be within range [0,${LIST_CAPACITY_MAX}]. Found Capacity: ${capacity}`,
    );
  const values = call.values ? [...new Set(call.values)] : now.values;
  const kept = values.slice(0, capacity);
  return { capacity, values: call.values ? assertLengths(kept) : kept };
}

function assertLengths(values: readonly string[]): readonly string[] {
  let all = 0;
  for (const { length } of values) {
    all += length;
    if (length > LIST_VALUE_LENGTH_MAX) throw tooLong("A value has", length, LIST_VALUE_LENGTH_MAX);
  }
  if (all > LIST_LENGTH_MAX) throw tooLong("The values have", all, LIST_LENGTH_MAX);
  return values;
}

function tooLong(what: string, length: number, max: number): FleetError {
  const text = `invalid argument. ${what} ${length} characters, at most ${max} are kept`;
  return new FleetError("INVALID", text);
}

function outOfRange(text: string): FleetError {
  return new FleetError("OUT_OF_RANGE", `out of range. ${text}`);
}

/** Agones says it in two ways. */
function notFound({ verb, name }: SdkDataVerb): FleetError {
  if (verb === "list") return new FleetError("NOT_FOUND", `not found. ${name} List not found`);
  const noun = verb === "counter" ? "counter" : "list";
  return new FleetError("NOT_FOUND", `${noun} not found: ${name}`);
}
