import { expect, it } from "vitest";
import { FakeClock } from "../../core/std/fake-clock.ts";
import { RoomBench, roomsOf } from "./rooms.fixture.ts";

const PLAYERS = 5_000;
const SERVERS = 4;
const ROOMS = 20;
const SEATS = 200;

it("5,000 players at once: no seat is given twice or leaks, and nobody who was let in expires", async () => {
  const clock = new FakeClock(1_767_225_600_000);
  await using bench = new RoomBench(clock);
  await bench.fleet("arena", roomsOf(ROOMS / SERVERS, 1_000));
  await bench.ready("arena", SERVERS, roomsOf(ROOMS / SERVERS, 1_000));
  const ids: string[] = [];
  for (let i = 0; i < ROOMS; i++)
    ids.push((await bench.open({ find: false, wish: { capacity: SEATS } })).room.id);
  const storm = Array.from({ length: PLAYERS }, (_, i) =>
    bench.sit(ids[i % ROOMS] ?? "", `p${i}`).catch((error: { code: string }) => error.code),
  );
  const answers = await Promise.all(storm);
  const seated = answers.flatMap((one, i) => (typeof one === "string" ? [] : [{ ...one.seat, i }]));
  expect(answers.filter((one) => one === "EXHAUSTED").length).toBe(PLAYERS - ROOMS * SEATS);
  expect(new Set(seated.map(({ id }) => id)).size).toBe(ROOMS * SEATS);
  // Every third is let in, at the last moment and while the clock has run on; the others never come.
  const admitted = seated.filter(({ i }) => i % 3 === 0);
  await clock.advance(29_000);
  clock.jump(60_000);
  await Promise.all(
    bench.servers().map(({ metadata: { name } }) => {
      const here = admitted.filter(
        ({ room }) => bench.store.get("Room", "default", room)?.status.gameServer === name,
      );
      return bench.players(name, ...here.map(({ player }) => player));
    }),
  );
  await clock.advance(5_000);
  const seats = bench.all().flatMap(({ status }) => Object.values(status.seats));
  expect(seats.map(({ player }) => player).sort()).toEqual(
    admitted.map(({ player }) => player).sort(),
  );
  expect(seats.every(({ state }) => state === "Taken")).toBe(true);
  expect(bench.observer.told.expired).toBe(ROOMS * SEATS - admitted.length);
  // Every seat that nobody took is there for somebody else.
  const free = bench
    .all()
    .reduce((sum, room) => sum + SEATS - Object.keys(room.status.seats).length, 0);
  const late = Array.from({ length: free }, (_, i) =>
    bench.open({ wish: { capacity: SEATS }, seat: { player: `late${i}`, seconds: 30 } }),
  );
  expect((await Promise.all(late)).filter(({ made }) => made)).toEqual([]);
});
