import { describe, expect, it } from "vitest";
import { DRAINING_SINCE } from "../../core/model/fleet.ts";
import { LAST_ALLOCATED } from "../../core/model/game-server.ts";
import { CLOSED_ROOMS, JOIN_KEYS } from "../../core/model/room.ts";
import { mergePatch } from "../../core/std/json.ts";
import { at, NOW, roomOn, serverWith, WISH } from "./room.fixture.ts";
import { isHosted, withKeys, withoutRoom, withoutRooms } from "./room-close.ts";
import {
  capacityProblem,
  hostsRooms,
  roomLeftOn,
  roomLeftOnReady,
  takesPlayers,
  usualCapacity,
} from "./room-hosts.ts";
import { likenessOf, roomName, withRoom } from "./room-make.ts";

const rooms = (count: number, capacity = 4) => ({ counters: { rooms: { count, capacity } } });
const listed = (...values: string[]) => ({ lists: { players: { capacity: 8, values } } });
const open = (own: number, count = own, more = {}) =>
  serverWith({ state: "Allocated", rooms: own, ...rooms(count), ...more });

describe("an open server", () => {
  it.each([
    ["takes as many as its counter says", open(1), 3],
    ["believes the game, when that counts more", open(1, 3), 1],
    ["believes itself, when the game counts less", open(4, 0), 0],
    [
      "without the counter takes one for all its life",
      serverWith({ state: "Allocated", rooms: 1 }),
      0,
    ],
    [
      "was opened by the rooms API, not by an allocation",
      serverWith({ state: "Allocated", ...rooms(0) }),
      0,
    ],
    ["is Allocated", serverWith({ state: "Shutdown", rooms: 1, ...rooms(1) }), 0],
  ] as const)("%s", (_, server, left) => {
    expect(roomLeftOn(server)).toBe(left);
  });

  it("that drains keeps its rooms and takes nobody new", () => {
    const server = mergePatch(open(1), { metadata: { annotations: { [DRAINING_SINCE]: NOW } } });
    expect([hostsRooms(server), takesPlayers(server), roomLeftOn(server)]).toEqual([
      true,
      false,
      0,
    ]);
  });

  it("has room again where rooms of an earlier life are closed", () => {
    expect(roomLeftOnReady(serverWith(rooms(4)), 0)).toBe(0);
    expect(roomLeftOnReady(serverWith(rooms(4)), 3)).toBe(3);
    expect(roomLeftOnReady(serverWith({}), 0)).toBe(1);
  });
});

describe("making a room", () => {
  const context = { keys: "[1]", leftovers: 0, now: at(5) };
  it("opens a Ready server: Allocated, counted twice, with the keys", () => {
    const { server, delta } = withRoom(serverWith(rooms(0)), context);
    expect(server.status).toMatchObject({ state: "Allocated", rooms: 1, ...rooms(1) });
    expect(server.metadata.annotations).toEqual({ [LAST_ALLOCATED]: at(5), [JOIN_KEYS]: "[1]" });
    expect(mergePatch(serverWith(rooms(0)), delta)).toEqual(server);
  });

  it("on an open one changes its numbers alone, and the keys when they are others", () => {
    const before = mergePatch(open(1), { metadata: { annotations: { [JOIN_KEYS]: "[1]" } } });
    expect(withRoom(before, context).delta).toEqual({
      status: { rooms: 2, counters: { rooms: { count: 2 } } },
    });
    expect(withRoom(before, { ...context, keys: "[2]" }).delta).toMatchObject({
      metadata: { annotations: { [JOIN_KEYS]: "[2]" } },
    });
  });

  it("counts without those of an earlier life", () => {
    const { server } = withRoom(serverWith(rooms(3)), { ...context, leftovers: 2 });
    expect([server.status.rooms, server.status.counters?.rooms?.count]).toEqual([1, 2]);
  });

  it("names it after its fleet, whatever that is called", () => {
    expect(roomName("arena", "x7k2p")).toBe("arena-x7k2p");
    const long = roomName(`${"a".repeat(56)}.-b`, "x7k2p9qq");
    expect([long.length <= 63, long]).toEqual([true, `${"a".repeat(54)}-x7k2p9qq`]);
    expect(roomName(`${"a".repeat(53)}.b`, "x7k2p9qq")).toBe(`${"a".repeat(53)}-x7k2p9qq`);
  });

  it("finds rooms alike by fleet, capacity and attributes in any order, and no others", () => {
    const { namespace: _, ...spec } = { ...WISH, attributes: { a: "1", b: "2" } };
    const same = likenessOf("default", spec);
    expect(likenessOf("default", { ...spec, attributes: { b: "2", a: "1" } })).toBe(same);
    expect(likenessOf("default", { ...spec, open: false, emptySeconds: 5 })).toBe(same);
    for (const other of [{ capacity: 3 }, { fleet: "b" }, { attributes: { a: "1" } }])
      expect(likenessOf("default", { ...spec, ...other })).not.toBe(same);
    expect(likenessOf("other", spec)).not.toBe(same);
  });
});

describe("closing rooms", () => {
  it.each([
    ["counts one less", open(2), 1, { state: "Allocated", rooms: 1, ...rooms(1) }],
    ["never counts below zero", open(2, 0), 1, { state: "Allocated", rooms: 1, ...rooms(0) }],
    ["brings the last one's server back", open(1), 1, { state: "Ready", ...rooms(0) }],
    [
      "waits for players who are listed",
      open(1, 1, listed("ann")),
      1,
      { state: "Allocated", rooms: 0 },
    ],
    [
      "waits for rooms that the game counts",
      open(1, 2),
      1,
      { state: "Allocated", rooms: 0, ...rooms(1) },
    ],
    ["brings it back once nobody is listed", open(0, 0, listed()), 0, { state: "Ready" }],
    [
      "without the counter leaves the end to the game",
      serverWith({ state: "Allocated", rooms: 1 }),
      1,
      { state: "Allocated", rooms: 0 },
    ],
    [
      "on one that its game took back counts down only",
      serverWith({ state: "Ready", ...rooms(2) }),
      2,
      { state: "Ready", ...rooms(0) },
    ],
    [
      "on one that ended forgets what was counted",
      serverWith({ state: "Unhealthy", rooms: 2, ...rooms(2) }),
      2,
      { state: "Unhealthy", ...rooms(2) },
    ],
  ])("%s", (_, before, closed, after) => {
    const change = withoutRooms(before, closed);
    expect(change?.server.status).toMatchObject(after);
    expect(mergePatch(before, change?.delta)).toEqual(change?.server);
    if (after.state !== "Allocated") expect(change?.server.status).not.toHaveProperty("rooms");
  });

  it("changes nothing where nothing is to be changed", () => {
    const leaving = mergePatch(open(1), { metadata: { deletionTimestamp: NOW } });
    for (const server of [open(0, 0, listed("ann")), serverWith(rooms(0)), leaving])
      expect(withoutRooms(server, 0)).toBeUndefined();
    expect(withoutRooms(leaving, 1)).toBeUndefined();
  });

  it("tells the game which of its rooms was closed, and the last sixteen", () => {
    let server = open(20, 20);
    for (let n = 1; n <= 18; n++) {
      const change = withoutRoom(server, `arena-${n}`);
      expect(mergePatch(server, change?.delta)).toEqual(change?.server);
      server = change?.server ?? server;
    }
    expect(server.status.rooms).toBe(2);
    const closed = server.metadata.annotations?.[CLOSED_ROOMS]?.split(",");
    expect(closed).toHaveLength(16);
    expect([closed?.at(0), closed?.at(-1)]).toEqual(["arena-3", "arena-18"]);
    expect(withoutRoom(serverWith({ state: "Ready" }), "arena-1")).toBeUndefined();
  });

  it("ends the drain of a server that comes back, and its message", () => {
    const draining = mergePatch(
      open(1, 1, { message: "its node is cut off", reason: "NodeLost" }),
      {
        metadata: { annotations: { [DRAINING_SINCE]: NOW } },
      },
    );
    const change = withoutRooms(draining, 1);
    expect(change?.server.metadata.annotations).toEqual({});
    expect(Object.keys(change?.server.status ?? {})).not.toContain("message");
  });

  it("is due when the server is another, or no longer has rooms", () => {
    const room = roomOn(open(1));
    expect(isHosted(room, open(1))).toBe(true);
    for (const server of [
      undefined,
      serverWith({ state: "Allocated" }),
      serverWith({ state: "Ready", rooms: 1 }),
      mergePatch(open(1), { metadata: { uid: "uid-9" } }),
      mergePatch(open(1), { metadata: { deletionTimestamp: NOW } }),
    ])
      expect(isHosted(room, server)).toBe(false);
  });
});

describe("keys and capacities", () => {
  it("are given to open servers that have others", () => {
    expect(withKeys(open(1), "[2]")?.delta).toEqual({
      metadata: { annotations: { [JOIN_KEYS]: "[2]" } },
    });
    expect(withKeys(serverWith({}), "[2]")).toBeUndefined();
    expect(withKeys(withKeys(open(1), "[2]")?.server ?? open(1), "[2]")).toBeUndefined();
  });

  it("spread a server's players over its rooms", () => {
    expect(usualCapacity({ rooms: 4, players: 64 })).toBe(16);
    expect(usualCapacity({ rooms: 4, players: undefined })).toBe(16);
    expect(usualCapacity({ rooms: 1, players: 1_000 })).toBe(1_000);
    expect(capacityProblem({ rooms: 4, players: 64 }, 16)).toBeUndefined();
    expect(capacityProblem({ rooms: 4, players: 64 }, 17)).toMatch(
      /4 rooms of 17 seats .* 64 players .* at most 16/,
    );
    expect(capacityProblem({ rooms: 0, players: 64 }, 1)).toMatch(/take no room/);
    expect(capacityProblem({ rooms: 4, players: undefined }, 1_000)).toBeUndefined();
  });
});
