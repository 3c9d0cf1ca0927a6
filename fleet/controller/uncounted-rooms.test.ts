import fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import { SET_LABEL } from "../../core/model/fleet.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import type { GameServerState } from "../../core/model/game-server-state.ts";
import { type Resource, refOf } from "../../core/model/resource.ts";
import type { Room } from "../../core/model/room.ts";
import { systemClock } from "../../core/std/clock.ts";
import { silentLogger } from "../../core/std/logger.ts";
import { STORE_BOUNDS } from "../../store/live-store.ts";
import { openMemoryResourceStore } from "../../store/memory/memory-resource-store.ts";
import type { ResourceStore } from "../../store/resource-store.ts";
import { roomSharesOf, withUncounted } from "../decide/room-sums.ts";
import { UncountedRooms } from "./uncounted-rooms.ts";

const SETS = ["one", "two"];
const NAMES = ["a", "b", "c"];

let store: ResourceStore;
beforeEach(() => {
  store = openMemoryResourceStore({ ...STORE_BOUNDS, clock: systemClock, logger: silentLogger });
});
afterEach(() => store[Symbol.asyncDispose]());

async function put(object: object & { kind: string; metadata: { name: string } }): Promise<void> {
  const found = store.get(object.kind as "Room", "default", object.metadata.name) as
    | Resource
    | undefined;
  const metadata = {
    ...{ namespace: "default", uid: `${object.kind}-${object.metadata.name}` },
    ...{ creationTimestamp: "2026-01-01T00:00:00Z", generation: 1, resourceVersion: "" },
    ...object.metadata,
  };
  const whole = { apiVersion: "any/v1", spec: {}, ...object, metadata } as unknown as Resource;
  const expected = found?.metadata.resourceVersion ?? "";
  await store.commit([
    found
      ? { op: "update", object: { ...whole, metadata: { ...metadata, resourceVersion: expected } } }
      : { op: "create", object: whole },
  ] as never);
}
const server = (name: string, set: string, state: GameServerState, count: number): Promise<void> =>
  put({
    kind: "GameServer",
    metadata: { name, labels: { [SET_LABEL]: set } } as never,
    ...{ status: { state, counters: { rooms: { count, capacity: 10 } } } },
  });
const room = (name: string, on: string): Promise<void> =>
  put({ kind: "Room", metadata: { name }, ...{ status: { gameServerUid: `GameServer-${on}` } } });

/** The same, added up from nothing. */
function addedUp(set: string): number {
  const servers = store.list("GameServer") as readonly GameServer[];
  const rooms = store.list("Room") as readonly Room[];
  return servers
    .filter(({ metadata }) => metadata.labels?.[SET_LABEL] === set)
    .map((one) => {
      const [share] = roomSharesOf(one);
      const on = rooms.filter(({ status }) => status.gameServerUid === one.metadata.uid).length;
      return share ? Math.max(0, on - share.count) : 0;
    })
    .reduce((all, one) => all + one, 0);
}

it("are those whose players are on the way or have gone, whatever changes, also before it looks", async () => {
  const change = fc.oneof(
    fc.record({
      what: fc.constant("server" as const),
      name: fc.constantFrom(...NAMES),
      set: fc.constantFrom(...SETS),
      state: fc.constantFrom<GameServerState>("Ready", "Allocated", "Unhealthy"),
      count: fc.integer({ min: 0, max: 3 }),
    }),
    fc.record({
      what: fc.constant("room" as const),
      name: fc.constantFrom("r1", "r2", "r3", "r4"),
      on: fc.constantFrom(...NAMES),
    }),
    fc.record({
      what: fc.constantFrom("GameServer" as const, "Room" as const),
      name: fc.constantFrom(...NAMES, "r1", "r2", "r3", "r4"),
    }),
  );
  // Two rooms on a server whose game has none of them yet: chance alone leaves this out in one run of a hundred and fifty.
  const onTheWay = [
    { what: "server", name: "a", set: "one", state: "Allocated", count: 0 } as const,
    { what: "room", name: "r1", on: "a" } as const,
    { what: "room", name: "r2", on: "a" } as const,
  ];
  const rooms = new UncountedRooms(store);
  let most = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 20 }), async (changes) => {
      for (const one of changes) {
        if (one.what === "server") await server(one.name, one.set, one.state, one.count);
        else if (one.what === "room") await room(one.name, one.on);
        else {
          const found = store.get(one.what, "default", one.name);
          if (found) await store.commit([{ op: "delete", ref: refOf(found) }]);
        }
        const fresh = new UncountedRooms(store);
        for (const set of SETS) {
          expect(rooms.ofSet("default", set)).toBe(addedUp(set));
          expect(fresh.ofSet("default", set)).toBe(addedUp(set));
          most = Math.max(most, addedUp(set));
        }
      }
    }),
    { numRuns: 40, examples: [[onTheWay]] },
  );
  expect(most).toBeGreaterThan(1);
});

it("are taken places for an autoscaler", () => {
  const counters = {
    rooms: { allocatedCount: 16, allocatedCapacity: 20, count: 16, capacity: 20 },
  };
  expect(withUncounted({ counters, lists: {} }, 4).counters.rooms).toEqual({
    ...{ allocatedCount: 20, allocatedCapacity: 20, count: 20, capacity: 20 },
  });
  expect(withUncounted({ counters: {}, lists: {} }, 4)).toEqual({ counters: {}, lists: {} });
});
