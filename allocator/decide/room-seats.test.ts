import { describe, expect, it } from "vitest";
import type { Room } from "../../core/model/room.ts";
import { parseRfc3339 } from "../../core/std/clock.ts";
import { mergePatch } from "../../core/std/json.ts";
import { at, NOW, roomOn, serverWith } from "./room.fixture.ts";
import {
  confirmSeat,
  dueAt,
  freeSeats,
  giveSeat,
  isEmptyTooLong,
  leaveSeat,
  settleSeats,
} from "./room-seats.ts";

const ms = (time: string): number => parseRfc3339(time) ?? Number.NaN;
const EMPTY = roomOn(serverWith({}));
const give = (room: Room, player: string, players: string[] = [], seconds = 0) =>
  giveSeat(room, players, {
    player,
    id: `s-${player}`,
    now: at(seconds),
    expiresAt: at(seconds + 30),
  });
function roomOf(...players: string[]): Room {
  return players.reduce((room, player) => give(room, player)?.room ?? room, EMPTY);
}
const playersIn = (room: Room): string[] =>
  Object.values(room.status.seats).map(({ player, state }) => `${player} ${state}`);

describe("a seat", () => {
  it("is given while there is one, and the same again to who has it, with a new time", () => {
    const first = give(EMPTY, "ann");
    expect(first).toMatchObject({ id: "s-ann", isNew: true, seat: { expiresAt: at(30) } });
    const again = give(roomOf("ann"), "ann", [], 20);
    expect(again).toMatchObject({ id: "s-ann", isNew: false, seat: { expiresAt: at(50) } });
    expect(give(roomOf("ann", "ben"), "cid")).toBeUndefined();
    expect(give(roomOf("ann", "ben"), "ben")?.isNew).toBe(false);
  });

  it("is taken when the game lists the player, and free when it lists the player no more", () => {
    const { room } = settleSeats(roomOf("ann", "ben"), ["ann"], at(1));
    expect(playersIn(room)).toEqual(["ann Taken", "ben Reserved"]);
    expect(room.status.seats["s-ann"]).not.toHaveProperty("expiresAt");
    expect(playersIn(settleSeats(room, [], at(2)).room)).toEqual(["ben Reserved"]);
  });

  it("expires when nobody came, and never under who is listed, however late it is looked at", () => {
    const room = roomOf("ann", "ben");
    expect(settleSeats(room, [], at(29)).delta).toBeUndefined();
    const late = settleSeats(room, ["ben"], at(300));
    expect([playersIn(late.room), late.expired]).toEqual([["ben Taken"], 1]);
  });

  it("that is confirmed stays without a list, and leaves with the list once it was in it", () => {
    const { room } = confirmSeat(roomOf("ann"), "s-ann", at(1));
    expect(playersIn(settleSeats(room, [], at(3_000)).room)).toEqual(["ann Taken"]);
    expect(confirmSeat(room, "s-ann", at(2)).delta).toBeUndefined();
    const listed = settleSeats(room, ["ann"], at(2)).room;
    expect(playersIn(settleSeats(listed, [], at(3)).room)).toEqual([]);
  });

  it("of who has left goes to the next at once, and its player gets a new one", () => {
    const { room } = settleSeats(roomOf("ann", "ben"), ["ann", "ben"], at(1));
    expect(playersIn(give(room, "cid", ["ann"], 2)?.room ?? EMPTY)).toEqual([
      "ann Taken",
      "cid Reserved",
    ]);
    const back = giveSeat(room, ["ben"], {
      player: "ann",
      id: "s-new",
      now: NOW,
      expiresAt: at(9),
    });
    expect([back?.id, back?.isNew]).toEqual(["s-new", true]);
  });

  it("says as a patch what it changes: the patched room is the room", () => {
    const changes = [
      give(EMPTY, "ann"),
      give(roomOf("ann"), "ann", [], 5),
      settleSeats(roomOf("ann", "ben"), ["ann"], at(60)),
      leaveSeat(roomOf("ann"), "s-ann", at(5)),
      give(roomOf("ann", "ben"), "ann", ["ann"], 40),
    ];
    const befores = [
      EMPTY,
      roomOf("ann"),
      roomOf("ann", "ben"),
      roomOf("ann"),
      roomOf("ann", "ben"),
    ];
    changes.forEach((change, i) => {
      expect(mergePatch(befores[i], change?.delta)).toEqual(change?.room);
    });
    expect(playersIn(changes[4]?.room ?? EMPTY)).toEqual(["ann Taken"]);
  });
});

describe("a room without seats", () => {
  it("is empty since the last one went, and is due after its time", () => {
    expect([EMPTY.status.emptySince, isEmptyTooLong(EMPTY, ms(at(60)))]).toEqual([NOW, false]);
    expect(isEmptyTooLong(EMPTY, ms(at(61)))).toBe(true);
    const room = roomOf("ann");
    expect([room.status.emptySince, dueAt(room)]).toEqual([undefined, ms(at(30))]);
    const left = leaveSeat(room, "s-ann", at(10)).room;
    expect([left.status.emptySince, freeSeats(left)]).toEqual([at(10), 2]);
    expect(dueAt(left)).toBe(ms(at(71)));
    const taken = confirmSeat(room, "s-ann", at(1)).room;
    expect([dueAt(taken), isEmptyTooLong(taken, ms(at(3_000)))]).toEqual([undefined, false]);
  });
});
