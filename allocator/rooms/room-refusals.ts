import type { GameServerSelector } from "../../core/model/allocation.ts";
import { FLEET_LABEL } from "../../core/model/fleet.ts";
import { ROOMS_COUNTER, type Room } from "../../core/model/room.ts";
import { parseRfc3339 } from "../../core/std/clock.ts";
import { FleetError } from "../../core/std/errors.ts";
import type { RoomWish } from "../decide/room-make.ts";
import { seatCounts } from "../decide/room-views.ts";
import type { Explainer } from "../explainer.ts";

/** When it is worth to ask again for what nobody can say when it is free. */
const RETRY_AFTER_SECONDS = 1;
const RETRY_AFTER_SECONDS_MAX = 30;

/** No server of the fleet has room, and why: the same words as for an allocation. */
export function noRoom(explainer: Explainer, { namespace, fleet }: RoomWish): FleetError {
  const matchLabels = { [FLEET_LABEL]: fleet };
  const counters = { [ROOMS_COUNTER]: { minAvailable: 1 } };
  const selectors: readonly GameServerSelector[] = [
    { matchLabels, gameServerState: "Allocated", counters },
    { matchLabels },
  ];
  const key = `room ${namespace}/${fleet}`;
  const why = explainer.why(key, namespace, { selectors, scheduling: "Packed" });
  const message = `fleet ${fleet} has no place for another room: ${why}`;
  return new FleetError("EXHAUSTED", message, { retryAfterSeconds: RETRY_AFTER_SECONDS });
}

/** Every seat is given; the first that is only reserved says when to ask again. */
export function fullRoom(room: Room, now: number): FleetError {
  const { reserved } = seatCounts(room);
  let earliest: string | undefined;
  for (const { expiresAt } of Object.values(room.status.seats))
    if (expiresAt !== undefined && (earliest === undefined || expiresAt < earliest))
      earliest = expiresAt;
  const first = parseRfc3339(earliest ?? "");
  const leftSeconds = first === undefined ? RETRY_AFTER_SECONDS : Math.ceil((first - now) / 1_000);
  const retryAfterSeconds = Math.min(RETRY_AFTER_SECONDS_MAX, Math.max(1, leftSeconds));
  const message = `all ${room.spec.capacity} seats of room ${room.metadata.name} are given, ${reserved} of them reserved`;
  return new FleetError("EXHAUSTED", message, { retryAfterSeconds });
}

/** Nothing of that name, or no longer. */
export function notThere(kind: string, name: string): FleetError {
  return new FleetError("NOT_FOUND", `${kind} ${JSON.stringify(name)} is not there`, {
    kind,
    name,
  });
}
