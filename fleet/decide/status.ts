import type { FleetStatus, GameServerSetStatus } from "../../core/model/fleet.ts";
import { isObject } from "../../core/std/json.ts";
import type { RoomSums } from "./room-sums.ts";
import { aliveOf, type Tally } from "./tally.ts";

/** A set's status out of its tally and the sums of its servers' Counters and Lists. */
export function setStatusOf(tally: Tally, sums: RoomSums): GameServerSetStatus {
  return { ...fleetStatusOf(tally, sums), shutdownReplicas: tally.Shutdown };
}

/** A fleet's status out of the tallies and sums of all its sets. */
export function fleetStatusOf(tally: Tally, { counters, lists }: RoomSums): FleetStatus {
  return {
    replicas: aliveOf(tally),
    readyReplicas: tally.Ready,
    reservedReplicas: tally.Reserved,
    allocatedReplicas: tally.Allocated,
    ...(hasNames(counters) ? { counters } : {}),
    ...(hasNames(lists) ? { lists } : {}),
  };
}

/**
 * The merge patch from one status to the next; undefined when a Counter or List is in it no more: what a patch leaves
 * out stays, and what is not in it any more would come back after a restart.
 */
export function statusDelta(old: FleetStatus, next: FleetStatus): object | undefined {
  return keepsNames(old, next) ? { status: next } : undefined;
}

function keepsNames(old: unknown, next: unknown): boolean {
  if (!isObject(old)) return true;
  if (!isObject(next)) return false;
  return Object.keys(old).every(
    (name) => Object.hasOwn(next, name) && keepsNames(old[name], next[name]),
  );
}

function hasNames(sums: object): boolean {
  return Object.keys(sums).length > 0;
}
