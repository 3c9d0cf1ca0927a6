import { Client } from "@colyseus/sdk";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ROOM_GONE, TAKEN_OVER } from "../played-room.ts";
import { until } from "./map-player.fixture.ts";
import { Maps } from "./maps.fixture.ts";

let maps: Maps;
let drawn = 0;
let map = "";
// Colyseus keeps its matchmaker in a module: one server for all tests of this file.
beforeAll(async () => {
  maps = await Maps.open();
});
afterAll(() => maps[Symbol.asyncDispose]());
afterEach(() => maps.clear());

function newMap(changes: Parameters<Maps["backend"]["draw"]>[1] = {}): string {
  drawn += 1;
  map = `m${drawn}`;
  maps.backend.draw(map, changes);
  return map;
}
const place = (changes: object = {}): object => {
  return { asset_id: "a-tree", x: 1.5, y: 1.5, rotation: 0, layer: 1, solid: true, ...changes };
};

describe("players of a map", () => {
  it("see the map, each other by their chosen names, and where everybody walks", async () => {
    newMap({ tiles: ["....", ".~..", "...."] });
    const [ann, ben] = [await maps.join("ann", map), await maps.join("ben", map)];
    await until(() => ann.sees("ben") !== undefined && ben.sees("ann") !== undefined);
    const { name, width, height, tiles, version } = ann.room.state;
    expect([name, width, height, version]).toEqual([`map ${map}`, 4, 3, 1]);
    expect(tiles).toBe("....\n.~..\n....");
    expect(ben.sees("ann")?.name).toBe("ann!");
    await ann.walk({ x: 3.5, y: 2.5 }, ({ x, y }) => x > 3.4 && y > 2.4);
    await until(() => (ben.sees("ann")?.x ?? 0) > 3.4);
    expect(maps.presences.at(-1)).toBe("ann,ben in 1");
  });

  it("are stopped by walls, and are no faster than allowed however often they ask", async () => {
    newMap({ tiles: ["...#...", "...#...", "...#..."] });
    const ann = await maps.join("ann", map);
    await until(() => ann.sees("ann") !== undefined);
    const began = performance.now();
    const from = ann.sees("ann")?.x ?? 0;
    for (let i = 0; i < 20; i++) ann.room.send("move", { x: 6.5, y: 1.5 });
    await ann.walk({ x: 6.5, y: 0.5 }, ({ x, y }) => y < 0.6 && x > 2.6);
    const at = ann.sees("ann");
    expect(at?.x).toBeLessThan(2.71);
    const tiles = Math.hypot((at?.x ?? 0) - from, 1);
    expect(tiles).toBeLessThanOrEqual((5 * (performance.now() - began)) / 1000 + 5 * 0.25);
  });

  it("talk to all or to one, and hear what was said before they came", async () => {
    newMap();
    const [ann, ben] = [await maps.join("ann", map), await maps.join("ben", map)];
    ann.room.send("say", "hello\u0007 all");
    ann.room.send("whisper", { to: "ben", text: "psst" });
    ann.room.send("whisper", { to: "nobody", text: "psst" });
    ann.room.send("say", "x".repeat(201));
    await until(
      () => ben.said.length === 1 && ann.whispered.length === 1 && ann.refused.length === 2,
    );
    expect(ben.said[0]).toMatchObject({ user: "ann", name: "ann!", text: "hello  all" });
    expect(ben.whispered[0]).toMatchObject({ user: "ann", to: "ben", text: "psst" });
    expect(ann.refused).toEqual([
      { what: "whisper", because: "nobody of that name is here" },
      { what: "say", because: "a line has 1 to 200 characters" },
    ]);
    const cid = await maps.join("cid", map);
    await until(() => cid.said.length === 1);
    expect(cid.said[0]).toMatchObject({ text: "hello  all", is_old: true });
    expect(cid.whispered).toEqual([]);
    const began = performance.now();
    for (let line = 0; line < 20; line++) cid.room.send("say", `line ${line}`);
    const heard = (): number => ann.said.filter(({ user }) => user === "cid").length;
    await until(() => heard() + cid.refused.length === 20);
    // Five at once, and two more for each second that this took.
    expect(heard()).toBeLessThanOrEqual(5 + (2 * (performance.now() - began)) / 1000);
  });
});

describe("building", () => {
  it("is saved under the player's own token, then seen by all and by those who come later", async () => {
    newMap();
    const [ann, ben] = [await maps.join("ann", map), await maps.join("ben", map)];
    await until(() => ann.sees("ben") !== undefined);
    expect([ann.sees("ann")?.can_edit, ann.sees("ben")?.can_edit]).toEqual([true, true]);
    ann.room.send("place", place());
    await until(() => ben.objects().length === 1);
    const [saved] = maps.backend.service.maps.get(map)?.objects ?? [];
    expect(saved).toMatchObject(place());
    expect(ben.room.state.version).toBe(2);
    const cid = await maps.join("cid", map);
    await until(() => cid.objects().join() === "a-tree");
    await cid.walk({ x: 1.5, y: 1.5 }, ({ x, y }) => x < 2.9 && y < 2.9);
    expect(cid.sees("cid")?.x).toBeGreaterThan(2.29);
    ben.room.send("remove", { object_id: saved?.object_id });
    await until(() => cid.objects().length === 0 && cid.room.state.version === 3);
    await cid.walk({ x: 1.5, y: 1.5 }, ({ x, y }) => x < 1.6 && y < 1.6);
  });

  it("is refused in the service's words to those who may not, and where it makes no sense", async () => {
    newMap();
    const [ann, cid] = [await maps.join("ann", map), await maps.join("cid", map)];
    await until(() => cid.sees("cid") !== undefined);
    expect(cid.sees("cid")?.can_edit).toBe(false);
    cid.room.send("place", place());
    ann.room.send("place", place({ asset_id: "missing" }));
    ann.room.send("place", place({ x: "1" }));
    ann.room.send("place", place({ x: 4, y: 4 }));
    ann.room.send("remove", { object_id: "nothing" });
    await until(() => cid.refused.length === 1 && ann.refused.length === 4);
    expect(cid.refused).toEqual([{ what: "place", because: "not allowed" }]);
    expect(ann.refused.map(({ because }) => because).sort()).toEqual([
      "asset not found",
      "bad request",
      "object not found",
      "somebody stands there",
    ]);
    expect(maps.backend.service.maps.get(map)?.objects).toEqual([]);
  });

  it("elsewhere is seen soon, costs little while there is none, and puts nobody into a wall", async () => {
    newMap();
    const ann = await maps.join("ann", map);
    const before = maps.backend.service.asked.get("GET map 200") ?? 0;
    await until(() => (maps.backend.service.asked.get("GET map 304") ?? 0) >= 2);
    expect(maps.backend.service.asked.get("GET map 200")).toBe(before);
    const rows = ["########", ...Array.from({ length: 6 }, () => "#######."), "########"];
    const object = { ...place(), object_id: "o1", x: 7.5, y: 1.5 };
    maps.backend.service.change(map, { tiles: rows, objects: [object as never] });
    await until(() => ann.objects().length === 1);
    await until(() => (ann.sees("ann")?.x ?? 0) > 7);
    expect(ann.sees("ann")).toMatchObject({ x: 7.5, y: 3.5 });
    expect(ann.room.state.tiles).toBe(rows.join("\n"));
  });

  it("goes on when the room service was away, and the player is told meanwhile", async () => {
    newMap();
    const ann = await maps.join("ann", map);
    maps.backend.service.outage = 503;
    ann.room.send("place", place());
    await until(() => ann.refused.length === 1);
    expect(ann.refused[0]?.because).toBe("not available at the moment");
    maps.backend.service.outage = undefined;
    ann.room.send("place", place());
    await until(() => ann.objects().length === 1);
  });
});

describe("the entrance of a map", () => {
  const joinWith = async (options: object): Promise<unknown> => {
    const client = new Client(`ws://127.0.0.1:${maps.server.webSocketPort}`);
    return client.joinOrCreate("map", options);
  };

  it.each<[string, string, (good: { token: string; access: string }) => object | Promise<object>]>([
    ["no join token", "NoToken", ({ access }) => ({ access })],
    ["no access token", "NoAccess", ({ token }) => ({ token })],
    ["an access token that is none", "AccessInvalid", ({ token }) => ({ token, access: "a.b.c" })],
    [
      "a forged one",
      "AccessInvalid",
      ({ token, access }) => ({ token, access: `${access.slice(0, -8)}AAAAAAAA` }),
    ],
    ["a join token as access token", "AccessInvalid", ({ token }) => ({ token, access: token })],
    [
      "somebody else's",
      "OtherUser",
      async ({ token }) => ({ token, access: await maps.backend.login.accessOf("ben") }),
    ],
    [
      "a room without a map",
      "NoMap",
      async ({ access }) => ({
        access,
        token: await maps.backend.token("ann", map, { attrs: {} }),
      }),
    ],
    [
      "a map that is gone",
      "MapGone",
      async ({ access }) => ({ access, token: await maps.backend.token("ann", "gone") }),
    ],
  ])("refuses %s: %s", async (_, reason, optionsOf) => {
    newMap();
    const good = {
      token: await maps.backend.token("ann", map),
      access: await maps.backend.login.accessOf("ann"),
    };
    await expect(joinWith(await optionsOf(good))).rejects.toThrow(`join refused: ${reason}`);
    expect(maps.server.players).toBe(0);
  });

  it("refuses an access token that has expired, and a join token that was used", async () => {
    newMap();
    const access = await maps.backend.login.accessOf("ann");
    maps.backend.clock.shiftMs += 906_000;
    await expect(joinWith({ access, token: await maps.backend.token("ann", map) })).rejects.toThrow(
      "join refused: AccessExpired",
    );
    const token = await maps.backend.token("ann", map);
    const good = { token, access: await maps.backend.login.accessOf("ann") };
    const room = (await joinWith({ ...good })) as { leave(): Promise<unknown> };
    await expect(joinWith({ ...good })).rejects.toThrow("join refused: Used");
    await room.leave();
  });

  it("takes no map that the client names", async () => {
    newMap();
    const other = newMap({ name: "other" });
    const access = await maps.backend.login.accessOf("ann");
    const options = { access, token: await maps.backend.token("ann", other), map: "m1" };
    const room = (await joinWith(options)) as never as {
      state: { name: string };
      leave(): Promise<unknown>;
    };
    await until(() => room.state?.name === "other");
    await room.leave();
  });

  it("says that the room service is away, and takes the next token when it is back", async () => {
    newMap();
    maps.backend.service.outage = 503;
    const access = await maps.backend.login.accessOf("ann");
    await expect(joinWith({ access, token: await maps.backend.token("ann", map) })).rejects.toThrow(
      "join refused: MapAway",
    );
    maps.backend.service.outage = undefined;
    await maps.join("ann", map);
  });
});

describe("an access token that lapses", () => {
  it("ends building, not playing, until a new one of the same player comes", async () => {
    newMap();
    const ann = await maps.join("ann", map);
    await until(() => ann.sees("ann")?.can_edit === true);
    maps.backend.clock.shiftMs += 901_000;
    await until(() => ann.sees("ann")?.can_edit === false && ann.notices.length === 1);
    expect(ann.notices[0]?.what).toBe("AccessEnded");
    ann.room.send("place", place());
    ann.room.send("access", await maps.backend.login.accessOf("ben"));
    ann.room.send("access", "nonsense");
    await until(() => ann.refused.length === 3);
    expect(ann.refused.map(({ because }) => because).sort()).toEqual([
      "AccessInvalid",
      "OtherUser",
      "access token expired",
    ]);
    await ann.walk({ x: 1, y: 1 }, ({ x, y }) => x < 1.1 && y < 1.1);
    ann.room.send("access", await maps.backend.login.accessOf("ann"));
    await until(() => ann.sees("ann")?.can_edit === true);
    expect(ann.notices.at(-1)?.what).toBe("AccessRenewed");
    ann.room.send("place", place({ x: 6, y: 6 }));
    await until(() => ann.objects().length === 1);
    // One of four at once is too many, however many more were allowed meanwhile.
    const renewed = await maps.backend.login.accessOf("ann");
    for (let n = 0; n < 4; n++) ann.room.send("access", renewed);
    await until(() => ann.refused.length > 3);
    expect(ann.refused.at(-1)?.because).toBe("too many tokens");
  });
});

describe("a connection that breaks", () => {
  it("keeps the avatar where it is, also for who comes in anew", async () => {
    newMap();
    const [ann, ben] = [await maps.join("ann", map), await maps.join("ben", map)];
    await ann.walk({ x: 1, y: 1 }, ({ x, y }) => x < 1.1 && y < 1.1);
    await ann.breakOff(() => ben.sees("ann")?.connected === false);
    await until(() => ben.sees("ann")?.connected === true);
    expect(ben.sees("ann")?.x).toBeLessThan(1.1);
    const again = await maps.join("ann", map);
    await until(() => ann.codes.includes(TAKEN_OVER) && again.sees("ann") !== undefined);
    expect(again.sees("ann")?.x).toBeLessThan(1.1);
    expect(maps.server.players).toBe(2);
  });
});

describe("a map that is deleted", () => {
  it("ends its room with a code and a notice, and leaves no snapshot", async () => {
    newMap();
    const ann = await maps.join("ann", map);
    maps.backend.service.maps.delete(map);
    // As the room service does it; one may have been saved by now.
    maps.backend.service.snapshots.delete(map);
    await until(() => ann.codes.length === 1);
    expect(ann.codes).toEqual([ROOM_GONE]);
    expect(ann.notices.map(({ what }) => what)).toEqual(["MapGone"]);
    expect(maps.backend.service.snapshots.has(map)).toBe(false);
  });
});

describe("a map that is not open to somebody any more", () => {
  it.each([
    ["is unpublished", { published: false }],
    ["is for its members only", { access: "members" }],
  ])("that %s is left by strangers for good, and they do not come back", async (_, changes) => {
    newMap();
    const [ann, ben, cid] = [
      await maps.join("ann", map),
      await maps.join("ben", map),
      await maps.join("cid", map),
    ];
    await until(() => ann.sees("cid") !== undefined);
    cid.room.reconnection.minUptime = 0;
    maps.backend.service.change(map, changes);
    await until(() => cid.codes.length === 1 && ann.sees("cid") === undefined);
    expect([cid.codes, cid.notices.map(({ what }) => what)]).toEqual([[ROOM_GONE], ["MapGone"]]);
    await expect(maps.join("cid", map)).rejects.toThrow("join refused: MapGone");
    expect([ann.codes, ben.codes, maps.server.players]).toEqual([[], [], 2]);
  });

  it("is left by whoever is no member any more, also while the connection is away", async () => {
    newMap({ access: "members" });
    const [ann, ben] = [await maps.join("ann", map), await maps.join("ben", map)];
    ben.room.reconnection.enabled = false;
    await until(() => ann.sees("ben") !== undefined);
    ben.room.connection.close(4010);
    await until(() => ann.sees("ben")?.connected === false);
    maps.backend.service.change(map, { members: [] });
    await until(() => ann.sees("ben") === undefined && maps.server.players === 1);
    expect(ann.codes).toEqual([]);
  });
});

describe("a room that the platform closes", () => {
  it("tells its players, and keeps what there was for the next room of the map", async () => {
    newMap();
    const ann = await maps.join("ann", map);
    await ann.walk({ x: 1, y: 1 }, ({ x, y }) => x < 1.1 && y < 1.1);
    maps.server.endRooms(new Set(["room-other", `room-${map}`]));
    await until(() => ann.codes.length === 1);
    expect(ann.codes).toEqual([ROOM_GONE]);
    expect(ann.notices.map(({ what }) => what)).toEqual(["RoomClosed"]);
    await until(() =>
      JSON.stringify(maps.backend.service.snapshots.get(map) ?? "").includes('"ann"'),
    );
  });
});

describe("the numbers", () => {
  it("show players, rooms, ticks, patches and refusals", async () => {
    newMap();
    await maps.join("ann", map);
    const shown = async (): Promise<string> =>
      (await fetch(`http://127.0.0.1:${maps.server.metricsPort}/metrics`)).text();
    const text = await shown();
    expect(text).toContain("flotilla_game_players 1");
    expect(text).toContain("flotilla_game_rooms 1");
    expect(text).toMatch(/flotilla_game_patches_total [1-9]/);
    expect(text).toMatch(/flotilla_game_refused_total\{what="join"\} [1-9]/);
    expect(text).toMatch(/flotilla_game_tick_late_seconds_count [1-9]/);
    expect(text).toContain("flotilla_game_failures_total 0");
    const other = await fetch(`http://127.0.0.1:${maps.server.metricsPort}/`);
    expect(other.status).toBe(404);
  });
});
