import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DRAINING_SINCE } from "../../core/model/fleet.ts";
import { JOIN_KEYS } from "../../core/model/room.ts";
import { FakeClock } from "../../core/std/fake-clock.ts";
import { silentLogger } from "../../core/std/logger.ts";
import { STORE_BOUNDS } from "../../store/live-store.ts";
import { MemoryCommitLog } from "../../store/memory/memory-commit-log.ts";
import { openMemoryResourceStore } from "../../store/memory/memory-resource-store.ts";
import { RoomBench, roomsOf } from "./rooms.fixture.ts";

const START = 1_767_225_600_000;
let clock: FakeClock;
let bench: RoomBench;
beforeEach(() => {
  clock = new FakeClock(START);
  bench = new RoomBench(clock);
});
afterEach(() => bench[Symbol.asyncDispose]());

async function arena(servers: number, rooms: number, players?: number): Promise<void> {
  await bench.fleet("arena", roomsOf(rooms, players));
  await bench.ready("arena", servers, roomsOf(rooms, players));
}
/** Lets everything happen that is due, and a moment more. */
const pass = (seconds = 0): Promise<void> => clock.advance(seconds * 1_000 + 10);
const seat = (player: string, seconds = 30) => ({ player, seconds });

describe("a room", () => {
  it("is made on a Ready server, and the next ones there until it is full, then on another", async () => {
    await arena(3, 2);
    const names: string[] = [];
    for (let i = 0; i < 5; i++)
      names.push((await bench.open({ find: false })).room.gameServer.name);
    expect(names).toEqual(["arena-0", "arena-0", "arena-1", "arena-1", "arena-2"]);
    expect(bench.server("arena-0").status).toMatchObject({
      state: "Allocated",
      rooms: 2,
      counters: { rooms: { count: 2 } },
    });
    expect(bench.observer.told).toEqual({ made: 5, opened: 3 });
  });

  it("is found, the fullest first and then the oldest, before one is made", async () => {
    await arena(2, 3, 12);
    const wish = { attributes: { map: "a" }, capacity: 3 };
    const first = await bench.open({ wish, find: false });
    await pass(2);
    const second = await bench.open({ wish, find: false });
    const found = await bench.open({ wish, seat: seat("ann") });
    expect([found.made, found.room.id]).toEqual([false, first.room.id]);
    await bench.sit(second.room.id, "ben");
    await bench.sit(second.room.id, "cid");
    const fullest = await bench.open({ wish, seat: seat("dan") });
    expect(fullest.room.id).toBe(second.room.id);
    expect(fullest.room.seats).toEqual({ taken: 0, reserved: 3, free: 0 });
    expect((await bench.open({ wish })).room.id).toBe(first.room.id);
    for (const other of [{ capacity: 2 }, { attributes: {} }, { attributes: { map: "b" } }])
      expect((await bench.open({ wish: { ...wish, ...other } })).made).toBe(true);
  });

  it("is not found when it is closed to others, or its server has been told to end", async () => {
    await arena(3, 1);
    const { room } = await bench.open();
    await bench.rooms.setOpen("default", room.id, false);
    const next = await bench.open();
    expect(next.made).toBe(true);
    await bench.rooms.setOpen("default", room.id, true);
    expect((await bench.open()).made).toBe(false);
    for (const { gameServer } of [room, next.room])
      await bench.patch(gameServer.name, { metadata: { annotations: { [DRAINING_SINCE]: "x" } } });
    expect((await bench.open()).made).toBe(true);
    expect((await bench.sit(room.id, "ann")).isNew).toBe(true);
  });

  it("has a seat with it in one commit, and a token that ends with the seat", async () => {
    await arena(1, 1);
    const before = bench.store.revision;
    const { room, seat: given } = await bench.open({ seat: seat("ann", 20) });
    expect(bench.store.revision).toBe(before + 2);
    const claims = JSON.parse(given?.token ?? "") as Record<string, unknown>;
    expect(claims).toEqual({
      iss: "flotilla",
      aud: bench.server("arena-0").metadata.uid,
      sub: "ann",
      jti: expect.any(String),
      ns: "default",
      room: room.id,
      seat: given?.id,
      cap: 16,
      attrs: {},
      iat: START / 1_000,
      exp: START / 1_000 + 20,
    });
    expect(given).toMatchObject({ host: "127.0.0.1", ports: [{ name: "game", port: 7_000 }] });
    expect(given?.id).toMatch(/^s[a-z0-9]{12}$/);
    const long = await bench.sit(room.id, "ben", { seat: seat("ben", 600) });
    expect(long.seat.tokenExpiresAt).toBe("2026-01-01T00:01:00Z");
  });

  it("takes its capacity from the fleet's players, and refuses what they do not allow", async () => {
    await arena(1, 4, 64);
    expect((await bench.open()).room.capacity).toBe(16);
    await expect(bench.open({ wish: { capacity: 17 } })).rejects.toMatchObject({
      code: "INVALID",
      message: expect.stringMatching(/4 rooms of 17 seats are more than the 64 players/),
    });
    await expect(bench.open({ wish: { fleet: "none" } })).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
  });

  it("says why there is none, and tells who opens servers", async () => {
    await arena(1, 1);
    await bench.open();
    await expect(bench.open({ find: false })).rejects.toMatchObject({
      code: "EXHAUSTED",
      message:
        "fleet arena has no place for another room: none of 1 game servers in namespace default is to be had; Allocated with agones.dev/fleet=arena, counter rooms minAvailable 1: 1 without that in counter rooms; Ready with agones.dev/fleet=arena: 1 are Allocated; fleet arena wants 1: 0 Ready, 1 held, 0 on the way, no autoscaler",
      details: { retryAfterSeconds: 1 },
    });
    expect(bench.observer.told).toMatchObject({ missed: 1 });
  });

  it("on a server without the counter is its only one, and the game ends it", async () => {
    await bench.fleet("arena");
    await bench.ready("arena", 2);
    const { room } = await bench.open({ find: false });
    expect((await bench.open({ find: false })).room.gameServer.name).not.toBe(room.gameServer.name);
    await bench.rooms.close("default", room.id);
    await pass();
    expect(bench.server(room.gameServer.name).status).toMatchObject({
      state: "Allocated",
      rooms: 0,
    });
    await expect(bench.open({ find: false })).rejects.toMatchObject({ code: "EXHAUSTED" });
  });

  it("is made on one of the others when the Ready server that was picked says it is full", async () => {
    await arena(3, 1);
    for (const name of ["arena-0", "arena-2"])
      await bench.patch(name, { status: { counters: { rooms: { count: 1 } } } });
    expect((await bench.open()).room.gameServer.name).toBe("arena-1");
  });
});

describe("a seat", () => {
  it("is given once per player, and is full when all are given", async () => {
    await arena(1, 1);
    const { room } = await bench.open({ wish: { capacity: 2 } });
    const ann = await bench.sit(room.id, "ann");
    await pass(20);
    const again = await bench.sit(room.id, "ann");
    expect([ann.isNew, again.isNew, again.seat.id]).toEqual([true, false, ann.seat.id]);
    expect(again.seat.token).not.toBe(ann.seat.token);
    expect(again.seat.expiresAt).toBe("2026-01-01T00:00:51Z");
    await bench.sit(room.id, "ben");
    await expect(bench.sit(room.id, "cid")).rejects.toMatchObject({
      code: "EXHAUSTED",
      message: `all 2 seats of room ${room.id} are given, 2 of them reserved`,
      details: { retryAfterSeconds: expect.any(Number) },
    });
  });

  it("is taken by the game's list, free when it is left, and expires otherwise", async () => {
    await arena(1, 1, 16);
    const { room } = await bench.open({ wish: { capacity: 3 } });
    for (const player of ["ann", "ben", "cid"]) await bench.sit(room.id, player);
    await bench.players("arena-0", "ann", "ben");
    await pass(31);
    const states = () =>
      Object.values(bench.all()[0]?.status.seats ?? {}).map((s) => `${s.player} ${s.state}`);
    expect(states()).toEqual(["ann Taken", "ben Taken"]);
    await bench.players("arena-0", "ben");
    await pass();
    expect([states(), bench.observer.told.expired]).toEqual([["ben Taken"], 1]);
  });

  it("is confirmed and left by the API, too", async () => {
    await arena(1, 1);
    const { room, seat: given } = await bench.open({ seat: seat("ann") });
    const place = { namespace: "default", id: room.id, seat: given?.id ?? "" };
    expect(await bench.rooms.confirm(place)).toMatchObject({ state: "Taken", player: "ann" });
    await pass(120);
    expect(await bench.rooms.confirm(place)).not.toHaveProperty("token");
    const left = await bench.rooms.leave("default", room.id, place.seat);
    expect(left.room.seats).toEqual({ taken: 0, reserved: 0, free: 16 });
    await expect(bench.rooms.leave("default", room.id, place.seat)).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
  });
});

describe("a room ends", () => {
  it("when it has stood empty for its time, and its server is Ready again in the same commit", async () => {
    await arena(1, 1);
    const { room, seat: given } = await bench.open({
      wish: { emptySeconds: 5 },
      seat: seat("ann"),
    });
    await pass(10);
    await bench.rooms.leave("default", room.id, given?.id ?? "");
    await pass(4);
    expect(bench.all()).toHaveLength(1);
    const before = bench.store.revision;
    await pass(3);
    expect([bench.all(), bench.store.revision]).toEqual([[], before + 2]);
    expect(bench.server("arena-0").status).toMatchObject({
      state: "Ready",
      counters: { rooms: { count: 0 } },
    });
    expect(bench.server("arena-0").status).not.toHaveProperty("rooms");
    expect(bench.observer.told).toMatchObject({ RoomEmpty: 1, cameBack: 1 });
  });

  it("and its server waits for the players that are still listed", async () => {
    await arena(1, 1, 16);
    const { room } = await bench.open();
    await bench.players("arena-0", "ann");
    await bench.rooms.close("default", room.id);
    await pass();
    expect(bench.server("arena-0").status).toMatchObject({ state: "Allocated", rooms: 0 });
    await bench.players("arena-0");
    await pass();
    expect(bench.server("arena-0").status.state).toBe("Ready");
  });

  it.each([
    ["is taken back by its game", { status: { state: "Ready", rooms: null } }],
    ["is shut down", { status: { state: "Shutdown" } }],
    ["is unhealthy", { status: { state: "Unhealthy" } }],
    ["is being deleted", { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } }],
  ])("when its server %s", async (_, delta) => {
    await arena(1, 2);
    const { room } = await bench.open();
    await bench.open({ find: false });
    await bench.patch("arena-0", delta);
    await expect(bench.sit(room.id, "ann")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await pass();
    expect([bench.all(), bench.observer.told.RoomServerEnded]).toEqual([[], 2]);
    if (bench.servers("Ready").length > 0)
      expect(bench.server("arena-0").status.counters?.rooms?.count).toBe(0);
  });

  it("when its server is gone, and another of its name is another", async () => {
    await arena(1, 1);
    await bench.open();
    const { metadata } = bench.server("arena-0");
    const { namespace, name } = metadata;
    await bench.store.commit([{ op: "delete", ref: { kind: "GameServer", namespace, name } }]);
    await bench.ready("arena", 1, roomsOf(1));
    const { room } = await bench.open();
    expect(room.gameServer).toMatchObject({ name: "arena-0" });
    expect(bench.all().map(({ metadata: { name: id } }) => id)).toEqual([room.id]);
    await pass();
    expect(bench.all()).toHaveLength(1);
  });

  it("in the commit that opens its server anew, when that was taken back a moment before", async () => {
    await arena(1, 2);
    await bench.open();
    await bench.open({ find: false });
    const back = bench.patch("arena-0", { status: { state: "Ready", rooms: null } });
    const { room, made } = await bench.open();
    await back;
    expect([made, bench.all().length, bench.all()[0]?.metadata.name]).toEqual([true, 1, room.id]);
    expect(bench.server("arena-0").status).toMatchObject({
      rooms: 1,
      counters: { rooms: { count: 1 } },
    });
    await pass();
    expect(bench.all()).toHaveLength(1);
  });
});

describe("who waits", () => {
  it("gets a room when a server becomes Ready, a seat when one is left, in the order of coming", async () => {
    await arena(1, 1);
    const first = await bench.open({ wish: { capacity: 1 }, seat: seat("ann") });
    const got: string[] = [];
    const wait = (player: string) =>
      bench
        .open({ wish: { capacity: 1 }, seat: seat(player), waitMs: 60_000 })
        .then(({ made }) => got.push(`${player} ${made}`));
    const waiting = [wait("ben"), wait("cid")];
    const seated = bench.sit(first.room.id, "dan", { waitMs: 60_000 }).then(() => got.push("dan"));
    await pass();
    expect(bench.line.size).toBe(3);
    await bench.ready("arena", 1, roomsOf(1));
    await pass();
    expect(got).toEqual(["ben true"]);
    await bench.rooms.leave("default", first.room.id, first.seat?.id ?? "");
    await pass();
    expect(got).toHaveLength(2);
    await pass(31);
    await Promise.all([...waiting, seated]);
    expect(got.length).toBe(3);
  });

  it("is refused when the time is over, and when the room is closed meanwhile", async () => {
    await arena(1, 1);
    const { room } = await bench.open({ wish: { capacity: 1 }, seat: seat("ann", 600) });
    const late = bench.sit(room.id, "ben", { waitMs: 2_000 });
    const over = bench.sit(room.id, "cid", { waitMs: 9_000 });
    const refusals = Promise.allSettled([late, over]);
    await pass(3);
    await expect(late).rejects.toMatchObject({ code: "EXHAUSTED" });
    await bench.rooms.close("default", room.id);
    await pass(10);
    await refusals;
    await expect(over).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(bench.line.size).toBe(0);
  });
});

describe("the same key", () => {
  const idempotency = { key: "allocate/default/1", bodyHash: "x" };
  it("gives the same room and token, and another body is refused", async () => {
    await arena(3, 1);
    const ask = { idempotency, find: false, seat: seat("ann") };
    const [a, b] = await Promise.all([bench.open(ask), bench.open(ask)]);
    const later = await bench.open(ask);
    expect([b, later]).toEqual([a, a]);
    expect(bench.all()).toHaveLength(1);
    const other = { ...ask, idempotency: { ...idempotency, bodyHash: "y" } };
    await expect(bench.open(other)).rejects.toMatchObject({ code: "KEY_REUSED" });
    const found = { idempotency: { ...idempotency, key: "2" } };
    const [c, d] = [await bench.open(found), await bench.open(found)];
    expect([c.made, d]).toEqual([false, c]);
  });

  it("goes on for who asks again after the first has gone while it waited", async () => {
    await arena(1, 1);
    await bench.open();
    const gone = new AbortController();
    const ask = { idempotency, find: false, waitMs: 60_000 };
    const first = bench.open({ ...ask, signal: gone.signal });
    const second = bench.open(ask);
    const outcomes = Promise.allSettled([first, second]);
    await pass();
    gone.abort();
    await pass();
    await bench.ready("arena", 1, roomsOf(1));
    await pass();
    const [one, two] = await outcomes;
    expect([one?.status, two?.status]).toEqual(["rejected", "fulfilled"]);
  });
});

describe("a full disk", () => {
  it("refuses a room, and what was there before is there again", async () => {
    const log = new MemoryCommitLog({ keep: false });
    const options = { ...STORE_BOUNDS, clock, logger: silentLogger };
    await using full = new RoomBench(clock, openMemoryResourceStore(options, log));
    await full.fleet("arena", roomsOf(2));
    await full.ready("arena", 2, roomsOf(2));
    const { room } = await full.open({ wish: { capacity: 1 } });
    log.fail("full");
    const refused = [
      full.open({ wish: { capacity: 1 }, seat: seat("ann") }),
      full.open({ find: false }),
      full.rooms.close("default", room.id),
    ];
    for (const one of await Promise.allSettled(refused))
      expect(one).toMatchObject({ status: "rejected", reason: { code: "STORAGE_FULL" } });
    log.fail("none");
    expect([full.all().length, full.servers("Allocated").length]).toEqual([1, 1]);
    const again = await full.open({ wish: { capacity: 1 }, seat: seat("ann") });
    expect([again.made, again.room.id]).toEqual([false, room.id]);
    const next = await full.open({ find: false });
    expect(next.room.gameServer.name).toBe(room.gameServer.name);
  });
});

describe("the keys of join tokens", () => {
  it("are on every server with rooms, and follow when they turn", async () => {
    await arena(2, 1);
    await bench.open();
    const keysOf = (name: string) => bench.server(name).metadata.annotations?.[JOIN_KEYS];
    expect([keysOf("arena-0"), keysOf("arena-1")]).toEqual(["[1]", undefined]);
    bench.signer.next = "[1,2]";
    await pass(31);
    expect([keysOf("arena-0"), keysOf("arena-1")]).toEqual(["[1,2]", undefined]);
  });
});
