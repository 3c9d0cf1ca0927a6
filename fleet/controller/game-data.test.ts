import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { admit } from "../../core/model/admit.ts";
import { type Fleet, SET_LABEL } from "../../core/model/fleet.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import type { GameServerState } from "../../core/model/game-server-state.ts";
import type { SdkCall } from "../../core/model/link.ts";
import { type Kind, type Kinds, refOf } from "../../core/model/resource.ts";
import type { SdkDataVerb } from "../../core/model/sdk-data.ts";
import { systemClock } from "../../core/std/clock.ts";
import { silentLogger } from "../../core/std/logger.ts";
import { EVENT_BOUNDS } from "../../store/live-event-log.ts";
import { STORE_BOUNDS } from "../../store/live-store.ts";
import { openMemoryEventLog } from "../../store/memory/memory-event-log.ts";
import { openMemoryResourceStore } from "../../store/memory/memory-resource-store.ts";
import type { ResourceStore } from "../../store/resource-store.ts";
import { addRoomSums, roomSharesOf } from "../decide/room-sums.ts";
import { CONTROLLER_DEFAULTS, type ControllerContext, updateOf } from "./context.ts";
import { NODE } from "./controllers.fixture.ts";
import { Controllers } from "./controllers.ts";
import { World } from "./world.ts";

const SPEC = {
  counters: { rooms: { count: 0, capacity: 4 } },
  lists: { players: { capacity: 8 } },
  template: { spec: { containers: [{ name: "game", image: "arena" }] } },
};
const ROOMY = {
  ...NODE,
  capacity: { cpuMilli: 64_000, memoryBytes: 2 ** 36 },
  portRange: { min: 7000, max: 7100 },
};

let store: ResourceStore;
let context: ControllerContext;
beforeEach(() => {
  const bounds = { clock: systemClock, logger: silentLogger };
  store = openMemoryResourceStore({ ...STORE_BOUNDS, ...bounds });
  context = {
    store,
    events: openMemoryEventLog({ ...EVENT_BOUNDS, ...bounds }),
    world: new World(store, new Map()),
    ...bounds,
    newUid: randomUUID,
    options: { ...CONTROLLER_DEFAULTS, statusEveryMs: 1 },
  };
});
afterEach(() => store[Symbol.asyncDispose]());

async function create<K extends Kind>(kind: K, input: object): Promise<Kinds[K]> {
  const about = { now: "2026-01-01T00:00:00Z", uid: randomUUID() };
  const { object } = admit(input, { kind, ...about, fieldValidation: "Strict" });
  const [kept] = await store.commit([{ op: "create", object }]);
  return kept as Kinds[K];
}

/** A game server of the set `arena` that runs on node `a`. */
async function running(name: string, state: GameServerState = "Ready"): Promise<GameServer> {
  const labels = { [SET_LABEL]: "arena" };
  const made = await create("GameServer", { metadata: { name, labels }, spec: SPEC });
  return await become(made, { state, nodeName: "a" });
}

async function become(
  { metadata }: GameServer,
  status: Partial<GameServer["status"]>,
): Promise<GameServer> {
  const now = store.get("GameServer", "default", metadata.name) ?? expect.fail("it is there");
  const next = { ...now, status: { ...now.status, ...status } };
  const [kept] = await store.commit([updateOf(now, next)]);
  return kept as GameServer;
}

function callOn({ metadata }: GameServer, verb: SdkDataVerb, id: string = randomUUID()): SdkCall {
  const { namespace, name, uid } = metadata;
  return { ...verb, id, subject: { kind: "GameServer", namespace, name, uid } };
}
const rooms = (countDiff: number): SdkDataVerb => ({ verb: "counter", name: "rooms", countDiff });
const join = (value: string): SdkDataVerb => ({ verb: "addValue", name: "players", value });

describe("a call on Counters and Lists at the control plane", () => {
  it("begins with what the spec says", async () => {
    const { status } = await running("one");
    expect(status.counters).toEqual({ rooms: { count: 0, capacity: 4 } });
    expect(status.lists).toEqual({ players: { capacity: 8, values: [] } });
  });

  it("is in the resource when it is answered, with the revision at which it is so", async () => {
    const server = await running("one");
    const { link } = new Controllers(context);
    const [answer] = await link.sdk("a", [callOn(server, rooms(3))]);
    const kept = store.get("GameServer", "default", "one");
    expect(kept?.status.counters?.rooms).toEqual({ count: 3, capacity: 4 });
    expect(answer).toEqual({
      ok: true,
      object: { count: 3, capacity: 4 },
      revision: kept?.metadata.resourceVersion,
    });
  });

  it("loses no difference of many in one batch, and refuses each that does not fit", async () => {
    const server = await running("one");
    const { link } = new Controllers(context);
    const answers = await link.sdk(
      "a",
      Array.from({ length: 6 }, () => callOn(server, rooms(1))),
    );
    expect(answers.map(({ ok }) => ok)).toEqual([true, true, true, true, false, false]);
    expect(answers.at(-1)).toMatchObject({ code: "OUT_OF_RANGE" });
    expect(store.get("GameServer", "default", "one")?.status.counters?.rooms?.count).toBe(4);
  });

  it("is done once when it comes again, also together with what came after it", async () => {
    const server = await running("one");
    const { link } = new Controllers(context);
    const call = callOn(server, join("ann"));
    expect(await link.sdk("a", [call, call])).toMatchObject([{ ok: true }, { ok: true }]);
    expect(store.get("GameServer", "default", "one")?.status.lists?.players?.values).toEqual([
      "ann",
    ]);
  });

  it("is refused from a node that the game server is not on", async () => {
    const server = await running("one");
    const { link } = new Controllers(context);
    const [answer] = await link.sdk("b", [callOn(server, rooms(1))]);
    expect(answer).toMatchObject({ ok: false, code: "NOT_FOUND" });
  });
});

describe("the sums of a set", () => {
  it("follow a server that a person gives to another set", async () => {
    const server = await running("one");
    await running("two");
    const { metadata } = server;
    const moved = { ...metadata, labels: { [SET_LABEL]: "other" } };
    await store.commit([updateOf(server, { ...server, metadata: moved })]);
    const capacityOf = (set: string): number | undefined =>
      context.world.rooms.ofSet("default", set).counters.rooms?.capacity;
    expect([capacityOf("arena"), capacityOf("other")]).toEqual([4, 4]);
  });

  it("add up whatever a counter is called", () => {
    const one = { allocatedCount: 0, allocatedCapacity: 0, count: 1, capacity: 4 };
    const sums = addRoomSums([{ counters: { constructor: one }, lists: {} }]);
    expect(Object.entries(sums.counters)).toEqual([["constructor", one]]);
  });

  it("are exact again when counters of the largest capacity are gone", async () => {
    const most = Number.MAX_SAFE_INTEGER;
    const sum = (): unknown => context.world.rooms.ofSet("default", "arena").counters.rooms;
    for (const name of ["one", "two", "three"]) {
      const server = await running(name);
      await become(server, { counters: { rooms: { count: 1, capacity: most } } });
    }
    await running("small");
    const allocated = { allocatedCount: 0, allocatedCapacity: 0 };
    expect(sum()).toEqual({ ...allocated, count: 3, capacity: most });
    for (const name of ["one", "two", "three"])
      await store.commit([
        { op: "delete", ref: { kind: "GameServer", namespace: "default", name } },
      ]);
    expect(sum()).toEqual({ ...allocated, count: 0, capacity: 4 });
  });

  it("follow every change as if they were added up anew", async () => {
    const names = ["one", "two", "three"];
    const change = fc.record({
      name: fc.constantFrom(...names),
      state: fc.constantFrom("Scheduled", "Ready", "Allocated", "Reserved", "Unhealthy", "gone"),
      count: fc.integer({ min: 0, max: 4 }),
      players: fc.subarray(["ann", "ben", "cid"]),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 15 }), async (changes) => {
        for (const { name, state, count, players } of changes) {
          const found = store.get("GameServer", "default", name);
          if (state === "gone") {
            if (found) await store.commit([{ op: "delete", ref: refOf(found) }]);
            continue;
          }
          await become(found ?? (await running(name)), {
            state: state as GameServerState,
            counters: { rooms: { count, capacity: 4 } },
            lists: { players: { capacity: 8, values: players } },
          });
          expect(context.world.rooms.ofSet("default", "arena")).toEqual(addedUp());
        }
      }),
      { numRuns: 30 },
    );
  });
});

function addedUp(): object {
  const sums = store.list("GameServer").flatMap((server) =>
    roomSharesOf(server).map(({ what, key, count, capacity, isAllocated }) => {
      const allocated = isAllocated ? { count, capacity } : { count: 0, capacity: 0 };
      const { count: allocatedCount, capacity: allocatedCapacity } = allocated;
      const sum = { [key]: { allocatedCount, allocatedCapacity, count, capacity } };
      return { counters: {}, lists: {}, [what]: sum };
    }),
  );
  return addRoomSums(sums);
}

describe("a fleet's status", () => {
  it("sums Counters and Lists over its servers, those of Allocated ones apart, and follows the SDK", async () => {
    const stop = new AbortController();
    const controllers = new Controllers(context);
    const run = controllers.run(stop.signal);
    await controllers.link.heartbeat("a", ROOMY);
    const fleet = { metadata: { name: "arena" }, spec: { replicas: 3, template: { spec: SPEC } } };
    await create("Fleet", fleet);
    const status = (): Fleet["status"] | undefined =>
      store.get("Fleet", "default", "arena")?.status;
    await until(
      () => store.list("GameServer").filter((s) => s.status.nodeName === "a").length === 3,
    );
    const [first, second] = store.list("GameServer");
    if (!first || !second) return expect.fail("three were placed");
    const calls = [callOn(first, rooms(3)), callOn(second, join("ann"))];
    expect(await controllers.link.sdk("a", calls)).toMatchObject([{ ok: true }, { ok: true }]);
    await until(() => status()?.counters?.rooms?.count === 3);
    await become(first, { state: "Ready" });
    await become(first, { state: "Allocated" });
    // Set and fleet are told by different loops: the fleet does not wait for its set.
    const setStatuses = () => store.list("GameServerSet").map((set) => set.status);
    await until(() => [status(), ...setStatuses()].every((said) => said?.allocatedReplicas === 1));
    const zero = { allocatedCount: 0, allocatedCapacity: 0 };
    const expected = {
      counters: { rooms: { allocatedCount: 3, allocatedCapacity: 4, count: 3, capacity: 12 } },
      lists: { players: { ...zero, allocatedCapacity: 8, count: 1, capacity: 24 } },
    };
    expect(status()).toMatchObject(expected);
    expect(setStatuses()).toMatchObject([expected]);
    stop.abort(new Error("the test is over"));
    await run;
  });
});

/** Asks again until it is so, ten seconds at most. */
async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    if (isSo()) return;
    await systemClock.sleep(10);
  }
  throw new Error(`not so within ten seconds: ${isSo}`);
}
