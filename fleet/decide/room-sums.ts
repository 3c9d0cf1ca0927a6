import type { AggregatedCounter } from "../../core/model/fleet.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import { GAME_SERVER_STATES } from "../../core/model/game-server-state.ts";
import { ROOMS_COUNTER } from "../../core/model/room.ts";

/** Sums of counters and lists by their names. */
export interface RoomSums {
  readonly counters: { readonly [key: string]: AggregatedCounter };
  readonly lists: { readonly [key: string]: AggregatedCounter };
}
/** What one server adds to the sums of its set. */
export interface RoomShare {
  readonly key: string;
  readonly what: "counters" | "lists";
  readonly count: number;
  readonly capacity: number;
  readonly isAllocated: boolean;
}

const NOTHING: readonly RoomShare[] = [];

/** A server's counters and lists, as long as it counts as a replica: broken and leaving ones bring no room. */
export function roomSharesOf(server: GameServer | undefined): readonly RoomShare[] {
  if (!server || server.metadata.deletionTimestamp !== undefined) return NOTHING;
  const { counters, lists, state } = server.status;
  if (!counters && !lists) return NOTHING;
  const { counts } = GAME_SERVER_STATES[state];
  if (counts !== "starting" && counts !== "up") return NOTHING;
  const isAllocated = state === "Allocated";
  return [
    ...Object.entries(counters ?? {}).map(([key, { count, capacity }]) => ({
      ...{ key, what: "counters" as const, count, capacity, isAllocated },
    })),
    ...Object.entries(lists ?? {}).map(([key, { values, capacity }]) => ({
      ...{ key, what: "lists" as const, count: values.length, capacity, isAllocated },
    })),
  ];
}

/** Sums of several sets as one. */
export function addRoomSums(all: readonly RoomSums[]): RoomSums {
  return {
    counters: addUp(all.map(({ counters }) => counters)),
    lists: addUp(all.map(({ lists }) => lists)),
  };
}

/** The sums with rooms that take their servers' places, and that their games do not count. */
export function withUncounted(sums: RoomSums, uncounted: number): RoomSums {
  const rooms = sums.counters[ROOMS_COUNTER];
  if (!rooms || uncounted === 0) return sums;
  const more = {
    ...rooms,
    allocatedCount: plus(rooms.allocatedCount, uncounted),
    count: plus(rooms.count, uncounted),
  };
  return { ...sums, counters: { ...sums.counters, [ROOMS_COUNTER]: more } };
}

function addUp(all: readonly RoomSums["counters"][]): RoomSums["counters"] {
  const sums = new Map<string, AggregatedCounter>();
  for (const one of all)
    for (const [key, b] of Object.entries(one)) {
      const a = sums.get(key) ?? NO_ROOM;
      sums.set(key, {
        allocatedCount: plus(a.allocatedCount, b.allocatedCount),
        allocatedCapacity: plus(a.allocatedCapacity, b.allocatedCapacity),
        count: plus(a.count, b.count),
        capacity: plus(a.capacity, b.capacity),
      });
    }
  return Object.fromEntries(sums);
}
/** More than a number can say exactly is the most that it can. */
function plus(a: number, b: number): number {
  return Math.min(a + b, Number.MAX_SAFE_INTEGER);
}
const NO_ROOM: AggregatedCounter = {
  allocatedCount: 0,
  allocatedCapacity: 0,
  count: 0,
  capacity: 0,
};
