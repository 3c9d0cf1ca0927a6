import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Room } from "../../core/model/room.ts";
import { FakeClock } from "../../core/std/fake-clock.ts";
import { roomLeftOnReady } from "../decide/room-hosts.ts";
import { freeSeats } from "../decide/room-seats.ts";
import { RoomBench, roomsOf } from "./rooms.fixture.ts";

const SERVERS = 2;
const ROOMS = 2;
const SEATS = 2;
const PLAYERS = ["ann", "ben", "cid", "dan", "eva"];

/** Everything that may happen to rooms, in any order; numbers choose among what is there. */
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("open" as const), who: fc.nat(4), find: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("sit" as const), who: fc.nat(4), at: fc.nat(5) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("leave" as const), at: fc.nat(11) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("list" as const),
      at: fc.nat(1),
      who: fc.subarray(PLAYERS),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      seconds: fc.constantFrom(0, 1, 31, 70),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("jump" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("close" as const), at: fc.nat(5) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("count" as const), at: fc.nat(1), count: fc.nat(2) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("take back" as const), at: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("die" as const), at: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("revive" as const), at: fc.nat(1) }) },
);
/** True: the loop has its turn before the next step. */
const steps = fc.array(fc.tuple(step, fc.boolean()), { minLength: 1, maxLength: 30 });
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const nth = <T>(items: readonly T[], at: number): T | undefined =>
  items[at % Math.max(1, items.length)];
const byName = (bench: RoomBench): Room[] =>
  bench.all().sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));

/** What a request must not do: checked against what there was when it was decided. */
async function open(bench: RoomBench, { who, find }: Extract<Step, { do: "open" }>): Promise<void> {
  const before = byName(bench);
  const free = before.filter((room) => freeSeats(room) > 0 && isHosted(bench, room));
  const states = new Map(bench.servers().map((one) => [one.metadata.name, one.status.state]));
  const withRoom = bench
    .servers("Allocated")
    .filter(
      ({ status: { rooms, counters } }) =>
        rooms !== undefined && Math.max(rooms, counters?.rooms?.count ?? 0) < ROOMS,
    );
  const ready = bench.servers("Ready").filter((server) => roomLeftOnReady(server, 0) > 0);
  const seat = { player: PLAYERS[who] ?? "", seconds: 30 };
  const opened = await bench.open({ wish: { capacity: SEATS }, find, seat }).catch(() => undefined);
  if (!opened) {
    expect([find ? free.length : 0, withRoom.length]).toEqual([0, 0]);
    expect(ready).toEqual([]);
    return;
  }
  if (opened.made && find) expect(free).toEqual([]);
  const wasOpened = opened.made && states.get(opened.room.gameServer.name) === "Ready";
  if (wasOpened) expect(withRoom).toEqual([]);
  if (opened.made)
    expect(before.map(({ metadata }) => metadata.name)).not.toContain(opened.room.id);
}

function isHosted(bench: RoomBench, { status }: Room): boolean {
  const server = bench.server(status.gameServer);
  return server.status.state === "Allocated" && server.status.rooms !== undefined;
}

/** Seats whose players the game has let in, and has not let go since, with their rooms. */
type Admitted = Map<string, string>;

function admit(bench: RoomBench, name: string, players: readonly string[], all: Admitted): void {
  for (const { metadata, status } of bench.all().filter((r) => r.status.gameServer === name))
    for (const [id, { player }] of Object.entries(status.seats))
      if (players.includes(player)) all.set(id, metadata.name);
      else all.delete(id);
}

async function act(
  bench: RoomBench,
  clock: FakeClock,
  one: Step,
  admitted: Admitted,
): Promise<void> {
  const room = "at" in one ? nth(byName(bench), one.at) : undefined;
  const name = "at" in one ? `arena-${one.at % SERVERS}` : "";
  const { state } = bench.servers().find(({ metadata }) => metadata.name === name)?.status ?? {};
  const nothing = (): undefined => undefined;
  if (one.do === "open") await open(bench, one);
  if (one.do === "sit" && room)
    await bench.sit(room.metadata.name, PLAYERS[one.who] ?? "").catch(nothing);
  if (one.do === "leave" && room) {
    const id = nth(Object.keys(room.status.seats), one.at);
    if (id) await bench.rooms.leave("default", room.metadata.name, id);
    if (id) admitted.delete(id);
  }
  if (one.do === "list") {
    admit(bench, name, one.who, admitted);
    await bench.players(name, ...one.who);
  }
  // Somebody sets the clock: seats are over their time before the loop has seen it.
  if (one.do === "jump") clock.jump(31_000);
  if (one.do === "wait") await clock.advance(one.seconds * 1_000 + 10);
  if (one.do === "close" && room) await bench.rooms.close("default", room.metadata.name);
  if (one.do === "count" && state === "Allocated")
    await bench.patch(name, { status: { counters: { rooms: { count: one.count } } } });
  if (one.do === "take back" && state === "Allocated")
    await bench.patch(name, { status: { state: "Ready", rooms: null } });
  if (one.do === "die") await bench.patch(name, { status: { state: "Unhealthy" } });
  if (one.do === "revive" && state === "Unhealthy")
    await bench.patch(name, {
      status: { state: "Ready", rooms: null, counters: { rooms: { count: 0 } } },
    });
}

/** What holds after every step, whatever it was. */
function checkAlways(bench: RoomBench): void {
  for (const { metadata, spec, status } of bench.all()) {
    const seats = Object.values(status.seats);
    expect(seats.length).toBeLessThanOrEqual(spec.capacity);
    expect(new Set(seats.map(({ player }) => player)).size).toBe(seats.length);
    expect(status.emptySince === undefined).toBe(seats.length > 0);
    for (const { state, expiresAt } of seats)
      expect(expiresAt === undefined).toBe(state === "Taken");
    expect(bench.book.roomsOn("default", status.gameServer)).toContain(metadata.name);
  }
  for (const { metadata, status } of bench.servers()) {
    const here = bench.all().filter((room) => room.status.gameServer === metadata.name);
    if (status.state === "Allocated") expect(status.rooms).toBe(here.length);
    expect(here.length).toBeLessThanOrEqual(ROOMS);
  }
}

/** What holds once the loop has had its turn. */
function checkAtRest(bench: RoomBench, admitted: Admitted): void {
  for (const [id, name] of admitted) {
    const room = bench.store.get("Room", "default", name);
    if (room) expect(Object.keys(room.status.seats)).toContain(id);
  }
  for (const room of bench.all()) {
    expect(isHosted(bench, room)).toBe(true);
    const players = bench.server(room.status.gameServer).status.lists?.players?.values ?? [];
    for (const { player, state, listed } of Object.values(room.status.seats)) {
      if (players.includes(player)) expect(state).toBe("Taken");
      if (listed) expect(players).toContain(player);
    }
  }
  for (const { status } of bench.servers()) {
    if (status.state !== "Allocated") expect(status).not.toHaveProperty("rooms");
    const isEmpty = status.rooms === 0 && status.counters?.rooms?.count === 0;
    if (isEmpty && status.state === "Allocated")
      expect(status.lists?.players?.values).not.toEqual([]);
  }
}

describe("whatever happens to rooms, in any order", () => {
  it("no seat is given twice, no server is opened while an open one has room, and everything ends", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const clock = new FakeClock(1_767_225_600_000);
        await using bench = new RoomBench(clock);
        await bench.fleet("arena", roomsOf(ROOMS, 8));
        await bench.ready("arena", SERVERS, roomsOf(ROOMS, 8));
        await clock.advance(1);
        const admitted: Admitted = new Map();
        const underWay: Promise<void>[] = [];
        for (const [one, rests] of all) {
          // What is decided is decided before the first wait: the next step meets the head as it is then.
          underWay.push(act(bench, clock, one, admitted));
          checkAlways(bench);
          if (!rests) continue;
          await Promise.all(underWay.splice(0));
          await clock.advance(1);
          checkAlways(bench);
          checkAtRest(bench, admitted);
        }
        await Promise.all(underWay);
        for (const { metadata } of bench.servers()) await bench.players(metadata.name);
        await clock.advance(700_000);
        expect(bench.all()).toEqual([]);
        for (const { status } of bench.servers())
          expect(status.rooms === undefined || (status.counters?.rooms?.count ?? 0) > 0).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
