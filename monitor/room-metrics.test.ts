import { expect, it } from "vitest";
import { made } from "../core/model/admit-inputs.ts";
import type { Room, Seat } from "../core/model/room.ts";
import { systemClock } from "../core/std/clock.ts";
import { silentLogger } from "../core/std/logger.ts";
import { LiveStore, STORE_BOUNDS } from "../store/live-store.ts";
import { MemoryCommitLog } from "../store/memory/memory-commit-log.ts";
import { Metrics } from "./metrics.ts";
import { RoomMetrics } from "./room-metrics.ts";

const seat = (player: string, state: Seat["state"]): Seat => ({ player, state, givenAt: "" });

function room(name: string, ...seats: Seat[]): Room {
  const empty = made("Room", { metadata: { name } });
  const given = Object.fromEntries(seats.map((one) => [one.player, one]));
  return { ...empty, status: { ...empty.status, seats: given } };
}

it("counts rooms and seats as they change, also when a commit is taken back, and what it is told", async () => {
  const log = new MemoryCommitLog({ keep: false });
  await using store = new LiveStore(log, {
    ...STORE_BOUNDS,
    clock: systemClock,
    logger: silentLogger,
  });
  await store.commit([{ op: "create", object: room("a", seat("ann", "Taken")) }]);
  const metrics = new Metrics();
  using numbers = new RoomMetrics(store, metrics);
  const values = async (name: string): Promise<string[]> =>
    (await metrics.show()).text
      .split("\n")
      .filter((line) => line.startsWith(name))
      .map((line) => line.slice(name.length));
  const of = 'namespace="default",fleet="arena"';
  await store.commit([
    { op: "create", object: room("b", seat("ben", "Reserved"), seat("cid", "Taken")) },
  ]);
  expect(await values("flotilla_rooms{")).toEqual([`${of}} 2`]);
  const seats = [`${of},state="taken"} 2`, `${of},state="reserved"} 1`];
  expect(await values("flotilla_room_seats{")).toEqual(seats);
  log.fail("full");
  await expect(store.commit([{ op: "create", object: room("c") }])).rejects.toThrow();
  expect(await values("flotilla_rooms{")).toEqual([`${of}} 2`]);
  log.fail("none");
  for (const name of ["a", "b"])
    await store.commit([{ op: "delete", ref: { kind: "Room", namespace: "default", name } }]);
  expect(await values("flotilla_rooms{")).toEqual([]);
  numbers.made("open");
  numbers.made("ready");
  numbers.made("open");
  numbers.closed("RoomEmpty");
  numbers.expired(3);
  numbers.waited("seat", false);
  expect(await values("flotilla_rooms_made_total{")).toEqual(['on="open"} 2', 'on="ready"} 1']);
  expect(await values("flotilla_rooms_closed_total{")).toEqual(['reason="RoomEmpty"} 1']);
  expect(await values("flotilla_seats_expired_total")).toEqual([" 3"]);
  expect(await values("flotilla_room_waits_total{")).toEqual(['what="seat",got="false"} 1']);
});
