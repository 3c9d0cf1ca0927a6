import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { snapshotOf } from "./snapshot.ts";
import { SnapshotKeeper } from "./snapshot-keeper.ts";

const line = { from: "s", user: "ann", name: "Ann", text: "hello", at: "2026-01-01T00:00:00.000Z" };
const avatar = { user: "ann", x: 1, y: 2 };

describe("a snapshot that was kept", () => {
  it("gives back who was where, and what was said", () => {
    const kept = { at: 1000, avatars: [avatar], chat: [line] };
    expect(snapshotOf(JSON.parse(JSON.stringify(kept)), 2000)).toEqual({ ...kept, at: 2000 });
  });

  it("leaves out what makes no sense, and places of long ago", () => {
    const kept = {
      at: 1000,
      avatars: [avatar, { user: 7 }, null],
      chat: ["x", { ...line, text: 1 }, line],
    };
    expect(snapshotOf(kept, 2000)).toEqual({ at: 2000, avatars: [avatar], chat: [line] });
    expect(snapshotOf(kept, 1_000_000)).toMatchObject({ avatars: [], chat: [line] });
  });

  it("is something to begin with whatever it is", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(snapshotOf(value, 0)).toMatchObject({ avatars: [], chat: [] });
      }),
    );
  });
});

describe("keeping snapshots", () => {
  function keeping() {
    const world = {
      now: 0,
      x: 0,
      isAway: false,
      saved: [] as number[],
      at: [] as number[],
      open: [] as (() => void)[],
    };
    const keeper = new SnapshotKeeper({
      room: "r",
      take: () => ({ avatars: [{ ...avatar, x: world.x }], chat: [] }),
      save: async ({ at, avatars }) => {
        await new Promise<void>((resolve) => world.open.push(resolve));
        if (world.isAway) throw new Error("away");
        world.saved.push(avatars[0]?.x ?? -1);
        world.at.push(at);
      },
      everyMs: 2000,
      now: () => world.now,
      onSaved: () => undefined,
    });
    const look = async (now: number, x: number): Promise<void> => {
      Object.assign(world, { now, x });
      keeper.look();
      await finish();
    };
    const finish = async (): Promise<void> => {
      for (const end of world.open.splice(0)) end();
      for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    };
    return { world, keeper, look, finish };
  }

  it("saves when it is time and something has changed, and not else", async () => {
    const { world, look } = keeping();
    await look(1999, 1);
    expect(world.saved).toEqual([]);
    await look(2000, 1);
    await look(2100, 2);
    await look(4000, 2);
    await look(6000, 2);
    expect(world.saved).toEqual([1, 2]);
  });

  it("saves again what could not be saved", async () => {
    const { world, look } = keeping();
    world.isAway = true;
    await look(2000, 1);
    world.isAway = false;
    await look(4000, 1);
    expect(world.saved).toEqual([1]);
  });

  it("goes on when the clock is put back, with numbers that grow all the same", async () => {
    const { world, look } = keeping();
    await look(5_000_000, 1);
    await look(1_000_000, 2);
    await look(1_000_100, 3);
    await look(1_002_000, 4);
    expect([world.saved, world.at]).toEqual([
      [1, 2, 4],
      [5_000_000, 5_000_001, 5_000_002],
    ]);
  });

  it("ends with what there was when the end began, after the save that is under way", async () => {
    const { world, keeper, finish } = keeping();
    Object.assign(world, { now: 2000, x: 1 });
    keeper.look();
    world.x = 2;
    keeper.seal();
    world.x = 3;
    const ended = keeper.end();
    await finish();
    await finish();
    await ended;
    expect(world.saved).toEqual([1, 2]);
    world.now = 9000;
    keeper.look();
    expect(world.open).toEqual([]);
  });
});
