import type { CapacityPolicy } from "../../../core/model/fleet-autoscaler.ts";
import type { GameServer } from "../../../core/model/game-server.ts";
import { percentOf } from "../../../core/model/int-or-percent.ts";
import { ownOf } from "../../../core/std/json.ts";
import type { FleetFacts, Want } from "./want.ts";

interface Room {
  readonly count: number;
  readonly capacity: number;
}
type What = "Counter" | "List";

/**
 * Agones' Counter and List policies: the room that is free over all servers is kept at the buffer, and all room within
 * the bounds. Down goes by trial: servers are taken away in the order of removal until the buffer would be touched. At
 * least one server stays.
 */
export function decideCapacity(what: What, policy: CapacityPolicy, facts: FleetFacts): Want {
  const { key, minCapacity, maxCapacity } = policy;
  const each =
    what === "Counter" ? ownOf(facts.template.counters, key) : roomOfTemplate(facts, key);
  const all = ownOf(what === "Counter" ? facts.counters : facts.lists, key);
  if (!each) return unusable(`the fleet's template has no ${what.toLowerCase()} ${key}`);
  // Agones fails here; without servers there are no sums, and nothing would ever begin.
  const sum = all ?? { count: 0, capacity: 0, allocatedCount: 0, allocatedCapacity: 0 };
  if (!isSound(sum)) return absurd(what, key, sum);
  const buffer = bufferOf(policy, each, sum.allocatedCount);
  const free = sum.capacity - sum.count;
  const words = `${sum.count} of ${sum.capacity} ${key} taken and a buffer of ${policy.bufferSize}`;
  if (buffer === undefined)
    return say(
      Math.max(1, facts.held),
      true,
      `nothing allocated, so one server is enough: ${words}`,
    );
  if (sum.capacity < minCapacity) return fill(facts, each, sum, policy, words);
  if (sum.capacity > maxCapacity && free <= buffer)
    return shrinkTo(facts, what, key, sum, maxCapacity, words);
  if (free === buffer) return say(facts.replicas, false, words);
  return free < buffer
    ? grow(facts, each, sum, buffer, policy, words)
    : shrink(facts, what, policy, sum, buffer, words);
}

function say(desired: number, limited: boolean, words: string): Want {
  return { desired, limited, message: `${words} want ${desired}` };
}
const unusable = (message: string): Want => ({ because: "PolicyUnusable", message });
function absurd(what: What, key: string, sum: Room): Want {
  const message = `the fleet's ${what.toLowerCase()} ${key} cannot be: ${sum.count} of ${sum.capacity}`;
  return { because: "MetricsAbsurd", message };
}
export function isSound({ count, capacity }: Room): boolean {
  return Number.isFinite(count) && Number.isFinite(capacity) && count >= 0 && capacity >= 0;
}

function roomOfTemplate({ template }: FleetFacts, key: string): Room | undefined {
  const list = ownOf(template.lists, key);
  return list && { count: list.values.length, capacity: list.capacity };
}

/** Undefined: a share of nothing, and one server has room enough. */
function bufferOf(policy: CapacityPolicy, each: Room, allocatedCount: number): number | undefined {
  const { bufferSize, minCapacity } = policy;
  if (typeof bufferSize === "number") return bufferSize;
  if (allocatedCount <= 0 && each.capacity >= minCapacity) return undefined;
  const wanted = Math.ceil((allocatedCount * 100) / (100 - (percentOf(bufferSize) ?? 0)));
  return wanted - allocatedCount;
}

/** Up to the least room. */
function fill(
  { replicas }: FleetFacts,
  each: Room,
  { capacity }: Room,
  { minCapacity }: CapacityPolicy,
  words: string,
): Want {
  if (each.capacity <= 0) return unusable("a new server would bring no room: its capacity is 0");
  const more = Math.ceil((minCapacity - capacity) / each.capacity);
  return say(replicas + more, true, `${words}, never less than ${minCapacity} in all`);
}

function grow(
  { replicas }: FleetFacts,
  each: Room,
  { count, capacity }: Room,
  buffer: number,
  { maxCapacity }: CapacityPolicy,
  words: string,
): Want {
  const gain = each.capacity - each.count;
  if (gain <= 0) return unusable("a new server would bring no room: it begins full");
  const more = Math.ceil((buffer - (capacity - count)) / gain);
  if (capacity + more * each.capacity <= maxCapacity) return say(replicas + more, false, words);
  const room = Math.max(0, Math.floor((maxCapacity - capacity) / each.capacity));
  return say(replicas + room, true, `${words}, never more than ${maxCapacity} in all`);
}

/** Takes servers away, one after the other, while the buffer and the least room stay. */
function shrink(
  { replicas, removable }: FleetFacts,
  what: What,
  { key, minCapacity }: CapacityPolicy,
  sum: Room,
  buffer: number,
  words: string,
): Want {
  let { count, capacity } = sum;
  let left = replicas;
  if (capacity === minCapacity) return say(left, true, words);
  for (const server of removable()) {
    const room = roomOf(server, what, key);
    count -= room.count;
    capacity -= room.capacity;
    if (capacity - count < buffer) return say(left, false, words);
    if (capacity < minCapacity) return say(left, true, words);
    if (left <= 1) break;
    left -= 1;
    if (capacity - count === buffer) return say(left, false, words);
    if (capacity === minCapacity) return say(left, true, words);
  }
  return say(left, false, words);
}

/** Down to the most room. */
function shrinkTo(
  { replicas, removable }: FleetFacts,
  what: What,
  key: string,
  sum: Room,
  maxCapacity: number,
  words: string,
): Want {
  let { capacity } = sum;
  let left = replicas;
  for (const server of removable()) {
    if (capacity <= maxCapacity || left <= 1) break;
    capacity -= roomOf(server, what, key).capacity;
    left -= 1;
  }
  return say(left, true, `${words}, never more than ${maxCapacity} in all`);
}

function roomOf({ status }: GameServer, what: What, key: string): Room {
  if (what === "Counter") return ownOf(status.counters, key) ?? NO_ROOM;
  const list = ownOf(status.lists, key);
  return list ? { count: list.values.length, capacity: list.capacity } : NO_ROOM;
}
const NO_ROOM: Room = { count: 0, capacity: 0 };
