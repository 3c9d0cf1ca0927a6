import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AllocationSpec, AllocationStatus } from "../core/model/allocation.ts";
import type { Counters, GameServer, Lists } from "../core/model/game-server.ts";
import { refOf } from "../core/model/resource.ts";
import { systemClock } from "../core/std/clock.ts";
import { silentLogger } from "../core/std/logger.ts";
import { seededRandom } from "../core/std/random.ts";
import { STORE_BOUNDS } from "../store/live-store.ts";
import { MemoryCommitLog } from "../store/memory/memory-commit-log.ts";
import { openMemoryResourceStore } from "../store/memory/memory-resource-store.ts";
import type { ResourceStore } from "../store/resource-store.ts";
import { Allocator } from "./allocator.ts";
import { serverOf } from "./decide/servers.fixture.ts";
import { SelectorIndexes } from "./selector-indexes.ts";
import { WAITING_BOUNDS, WaitingLine } from "./waiting-line.ts";

const FLEET = { matchLabels: { "agones.dev/fleet": "arena" } };
const OF_ARENA: AllocationSpec = { selectors: [FLEET], scheduling: "Packed" };
/** What a matchmaker of Agones asks for that puts several sessions on one server. */
const A_SESSION: AllocationSpec = {
  selectors: [
    { ...FLEET, gameServerState: "Allocated", counters: { rooms: { minAvailable: 1 } } },
    FLEET,
  ],
  scheduling: "Packed",
  priorities: [{ type: "Counter", key: "rooms", order: "Ascending" }],
  counters: { rooms: { action: "Increment", amount: 1 } },
};
const A_PLAYER: AllocationSpec = {
  selectors: [
    { ...FLEET, gameServerState: "Allocated", lists: { players: { minAvailable: 1 } } },
    FLEET,
  ],
  scheduling: "Packed",
  priorities: [{ type: "List", key: "players", order: "Ascending" }],
};

let log: MemoryCommitLog;
let store: ResourceStore;
let line: WaitingLine;
let indexes: SelectorIndexes;
let allocator: Allocator;
let problems: string[];
let missed: number;

beforeEach(() => {
  const clock = systemClock;
  log = new MemoryCommitLog({ keep: false });
  store = openMemoryResourceStore({ ...STORE_BOUNDS, clock, logger: silentLogger }, log);
  line = new WaitingLine({ ...WAITING_BOUNDS, clock });
  indexes = new SelectorIndexes(store, { indexesMax: 4 });
  problems = [];
  missed = 0;
  allocator = new Allocator({
    store,
    indexes,
    line,
    clock,
    onAllocated: (_, found) => void problems.push(...found),
    onMissed: () => void missed++,
  });
});
afterEach(async () => {
  line[Symbol.dispose]();
  allocator[Symbol.dispose]();
  indexes[Symbol.dispose]();
  await store[Symbol.asyncDispose]();
});

async function servers(count: number, data: { counters?: Counters; lists?: Lists } = {}) {
  for (let i = 0; i < count; i++) {
    const object = serverOf({ name: `arena-${i}`, node: `n${i % 3}`, ...data });
    await store.commit([{ op: "create", object }]);
  }
}
const rooms = (capacity: number) => ({ counters: { rooms: { count: 0, capacity } } });
const ask = (spec: AllocationSpec, signal?: AbortSignal): Promise<AllocationStatus> =>
  allocator.allocate({ namespace: "default", spec, ...(signal ? { signal } : {}) });
const allocated = (): GameServer[] =>
  store.list("GameServer").filter(({ status }) => status.state === "Allocated");

async function change(name: string, status: Partial<GameServer["status"]>): Promise<void> {
  const server = store.get("GameServer", "default", name) ?? expect.fail(name);
  const object = { ...server, status: { ...server.status, ...status } };
  const { resourceVersion: expected } = server.metadata;
  await store.commit([{ op: "update", object, expected }]);
}

describe("sessions that share a server by a Counter", () => {
  it.each([1, 3, 10, 64])("fill every server before the next, %s to each", async (capacity) => {
    const sessions = 1_000;
    await servers(sessions / capacity + 5, rooms(capacity));
    const random = seededRandom(capacity);
    const asked: Promise<AllocationStatus>[] = [];
    for (let i = 0; i < sessions; i++) {
      asked.push(ask(A_SESSION));
      if (random.integer(0, 9) === 0) await asked.at(-1);
    }
    const given = (await Promise.all(asked)).map(({ gameServerName }) => gameServerName);
    expect(given).not.toContain("");
    const used = allocated();
    expect(used.length).toBe(Math.ceil(sessions / capacity));
    for (const { metadata, status } of used) {
      const here = given.filter((name) => name === metadata.name).length;
      expect(status.counters?.rooms).toEqual({ count: here, capacity });
    }
  });

  it("use the room that others left before a new server", async () => {
    await servers(10, rooms(4));
    await Promise.all(Array.from({ length: 20 }, () => ask(A_SESSION)));
    expect(allocated().length).toBe(5);
    for (const name of allocated().map(({ metadata }) => metadata.name))
      await change(name, { counters: { rooms: { count: 1, capacity: 4 } } });
    await Promise.all(Array.from({ length: 15 }, () => ask(A_SESSION)));
    expect(allocated().map(({ status }) => status.counters?.rooms?.count)).toEqual([4, 4, 4, 4, 4]);
  });

  it("are given to players one by one in a List, none twice and none over the capacity", async () => {
    await servers(4, { lists: { players: { capacity: 8, values: [] } } });
    const names = Array.from({ length: 30 }, (_, i) => `player-${i}`);
    const asked = names.map((name) =>
      ask({ ...A_PLAYER, lists: { players: { addValues: [name] } } }),
    );
    await Promise.all(asked);
    const lists = allocated().map(({ status }) => status.lists?.players?.values ?? []);
    expect(lists.map(({ length }) => length).sort()).toEqual([6, 8, 8, 8]);
    expect(lists.flat().sort()).toEqual([...names].sort());
  });

  it("find the server of a friend by a value, without a list of candidates for each friend", async () => {
    await servers(3, { lists: { players: { capacity: 2, values: [] } } });
    for (const name of ["ann", "ben", "cid"])
      await ask({ ...A_PLAYER, lists: { players: { addValues: [name] } } });
    const before = indexes.scans;
    for (const friend of ["ann", "ben", "cid", "ann"]) {
      const selector = { ...FLEET, gameServerState: "Allocated" } as const;
      const lists = { players: { containsValue: friend } };
      const { gameServerName } = await ask({ ...OF_ARENA, selectors: [{ ...selector, lists }] });
      const server = store.get("GameServer", "default", gameServerName);
      expect(server?.status.lists?.players?.values).toContain(friend);
    }
    expect(indexes.scans - before).toBe(1);
  });

  it("keep no list of candidates for a selector that is as long as a request may be", async () => {
    await servers(2);
    const values = Array.from({ length: 1_000 }, (_, i) => `value-${i}`.padEnd(60, "x"));
    const selector = { matchExpressions: [{ key: "map", operator: "NotIn", values }] } as const;
    const before = indexes.scans;
    for (let i = 0; i < 2; i++) await ask({ ...OF_ARENA, selectors: [selector] });
    expect([indexes.scans - before, allocated().length]).toEqual([2, 2]);
  });
});

describe("an allocation", () => {
  it("answers with the counters and lists as they are after it", async () => {
    const lists = { players: { capacity: 2, values: ["ann"] } };
    await servers(1, { ...rooms(2), lists });
    const answer = await ask({ ...A_SESSION, lists: { players: { addValues: ["ben"] } } });
    expect([answer.counters, answer.lists]).toEqual([
      { rooms: { count: 1, capacity: 2 } },
      { players: { capacity: 2, values: ["ann", "ben"] } },
    ]);
    const server = store.get("GameServer", "default", "arena-0");
    expect(server?.status).toMatchObject({ counters: answer.counters, lists: answer.lists });
  });

  it("hands a server out all the same when there is no counter to change, and says so", async () => {
    await servers(1);
    const { state } = await ask({ ...OF_ARENA, counters: { rooms: { capacity: 3 } } });
    expect([state, problems]).toEqual(["Allocated", ["the game server has no counter rooms"]]);
  });

  it("asks its selectors in their order, each over all servers", async () => {
    await servers(3);
    const labelled = { ...OF_ARENA, metadata: { labels: { map: "a" } } };
    const { gameServerName } = await ask(labelled);
    await change(gameServerName, { state: "Ready" });
    const preferred = {
      ...OF_ARENA,
      selectors: [{ matchLabels: { map: "b" } }, { matchLabels: { map: "a" } }, FLEET],
    };
    expect((await ask(preferred)).gameServerName).toBe(gameServerName);
    expect((await ask(preferred)).state).toBe("Allocated");
  });

  it("says why it found nothing", async () => {
    await servers(2);
    await ask(OF_ARENA);
    await ask(OF_ARENA);
    const { state, message } = await ask(OF_ARENA);
    expect([state, message]).toEqual([
      "UnAllocated",
      "none of 2 game servers in namespace default is to be had; Ready with agones.dev/fleet=arena: 2 are Allocated; there is no fleet arena",
    ]);
    expect(missed).toBe(1);
  });
});

describe("an allocation that waits", () => {
  const waiting = { ...OF_ARENA, waitUpToMs: 20_000 };

  it("gets the server that becomes Ready, in the order of arrival", async () => {
    const order: number[] = [];
    const asked = [0, 1, 2].map(async (n) => {
      const answer = await ask(waiting);
      order.push(n);
      return answer;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(line.size).toBe(3);
    await servers(3);
    const names = (await Promise.all(asked)).map(({ gameServerName }) => gameServerName);
    expect([order, new Set(names).size, line.size]).toEqual([[0, 1, 2], 3, 0]);
  });

  it("gets the room that somebody leaves", async () => {
    await servers(1, rooms(1));
    await ask(A_SESSION);
    const next = ask({ ...A_SESSION, waitUpToMs: 20_000 });
    await new Promise((resolve) => setImmediate(resolve));
    await change("arena-0", { counters: { rooms: { count: 0, capacity: 1 } } });
    expect((await next).gameServerName).toBe("arena-0");
  });

  it("leaves nothing behind when who asked has gone", async () => {
    const gone = new AbortController();
    const refused = expect(ask(waiting, gone.signal)).rejects.toMatchObject({ code: "CANCELLED" });
    await new Promise((resolve) => setImmediate(resolve));
    gone.abort();
    await refused;
    await servers(1);
    expect([allocated().length, line.size]).toEqual([0, 0]);
  });

  it("says why when the time is over", async () => {
    const { state, message } = await ask({ ...OF_ARENA, waitUpToMs: 5 });
    expect([state, message]).toEqual([
      "UnAllocated",
      "none of 0 game servers in namespace default is to be had; there is no fleet arena",
    ]);
  });

  it("is asked again under its key while it waits, and one server is given", async () => {
    const idempotency = { key: "k", bodyHash: "h" };
    const request = { namespace: "default", spec: waiting, idempotency };
    const both = [allocator.allocate(request), allocator.allocate(request)];
    await new Promise((resolve) => setImmediate(resolve));
    await servers(2);
    const [a, b] = await Promise.all(both);
    expect([a, allocated().length]).toEqual([b, 1]);
  });
});

it("keeps lists of candidates for the last requests only, and right", async () => {
  await servers(8, rooms(2));
  for (let i = 0; i < 8; i++) {
    const selectors = [
      { matchLabels: { [`label-${i}`]: "x" } },
      { ...FLEET, counters: { rooms: { minAvailable: 1 } } },
    ];
    expect((await ask({ ...OF_ARENA, selectors })).state).toBe("Allocated");
  }
  expect(allocated().length).toBe(8);
  const [first] = store.list("GameServer");
  if (!first) expect.fail("they are there");
  await store.commit([{ op: "delete", ref: refOf(first) }]);
  expect((await ask(OF_ARENA)).state).toBe("UnAllocated");
});

it("does not say that none is free because of an allocation that is taken back", async () => {
  await servers(1);
  const release = log.hold();
  const both = [ask(OF_ARENA), ask(OF_ARENA)];
  log.fail("full");
  release();
  const outcomes = await Promise.allSettled(both);
  const full = { status: "rejected", reason: { code: "STORAGE_FULL" } };
  expect(outcomes).toMatchObject([full, full]);
  log.fail("none");
  expect((await ask(OF_ARENA)).state).toBe("Allocated");
});
