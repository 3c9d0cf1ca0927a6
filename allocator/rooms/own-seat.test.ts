import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FakeClock } from "../../core/std/fake-clock.ts";
import { RoomBench, roomsOf } from "./rooms.fixture.ts";

let clock: FakeClock;
let bench: RoomBench;
beforeEach(async () => {
  clock = new FakeClock(1_767_225_600_000);
  bench = new RoomBench(clock);
  await bench.fleet("arena", roomsOf(2));
  await bench.ready("arena", 1, roomsOf(2));
});
afterEach(() => bench[Symbol.asyncDispose]());

/** Lets everything happen that is due, and a moment more. */
const pass = (seconds = 0): Promise<void> => clock.advance(seconds * 1_000 + 10);
const seat = (player: string) => ({ player, seconds: 30 });

describe("a player's own seat", () => {
  it("is given again to who looks for a room like its own, full or closed, before those who wait", async () => {
    const open = (player: string, more: object = {}) =>
      bench.open({ wish: { capacity: 2, attributes: { map: "a" } }, seat: seat(player), ...more });
    const ann = await open("ann");
    await open("ben");
    const cid = await open("cid");
    expect(cid.room.id).not.toBe(ann.room.id);
    await open("dan");
    await bench.rooms.setOpen("default", ann.room.id, false);
    const waiting = open("eve", { waitMs: 60_000 });
    await pass();
    expect(bench.line.size).toBe(1);
    const again = await open("ann", { waitMs: 60_000 });
    expect([again.made, again.room.id, again.seat?.id]).toEqual([false, ann.room.id, ann.seat?.id]);
    expect(again.seat?.token).not.toBe(ann.seat?.token);
    // A room of another size is like it enough for who is there already; one of other attributes is not.
    const wider = { capacity: 3, attributes: { map: "a" } };
    expect((await bench.open({ wish: wider, seat: seat("ann") })).room.id).toBe(ann.room.id);
    await expect(
      bench.open({ wish: { capacity: 2, attributes: { map: "b" } }, seat: seat("ann") }),
    ).rejects.toMatchObject({ code: "EXHAUSTED" });
    // Who has left it looks for a room as everybody does.
    await bench.rooms.leave("default", cid.room.id, cid.seat?.id ?? "");
    expect((await waiting).room.id).toBe(cid.room.id);
    await expect(open("cid")).rejects.toMatchObject({ code: "EXHAUSTED" });
  });

  it("is new when the one of before has expired meanwhile, or its server has gone", async () => {
    const open = (player: string) => bench.open({ wish: { capacity: 2 }, seat: seat(player) });
    const ann = await open("ann");
    await pass(60);
    const again = await open("ann");
    expect(again.seat?.id).not.toBe(ann.seat?.id);
    await bench.rooms.close("default", again.room.id);
    expect((await open("ann")).room.id).not.toBe(again.room.id);
  });
});
