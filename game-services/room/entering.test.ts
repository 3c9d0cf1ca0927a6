import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RoomsApi } from "../client/rooms-api.fixture.ts";
import { idFor, makeMap, TestRoom, told } from "./room.fixture.ts";

let api: RoomsApi;
let room: TestRoom;
beforeAll(async () => {
  api = await RoomsApi.open();
  room = await TestRoom.open({ flotillaUrl: api.url, seats: 2, mapsPerUser: 1_000 });
});
afterAll(async () => {
  await room[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

const publicMap = async (): Promise<string> => {
  const map = await makeMap(room, { access: "public" });
  await room.ask("ann", "POST", `/maps/${map}/publish`);
  return map;
};
const enter = (map: string, who: string, body?: object) =>
  room.ask(who, "POST", `/maps/${map}/enter`, body);

describe("who enters a map", () => {
  it("gets a seat in its room, by the token in the file, and the same one again", async () => {
    const map = await publicMap();
    const first = (await enter(map, "ann")).body.message;
    expect(first).toEqual({
      ...{ map_id: map, room: expect.stringMatching(/^maps-room\d+$/), player: "ann" },
      ...{ seat: expect.any(String), host: "127.0.0.1", ports: [], token: expect.any(String) },
    });
    expect(api.asked.at(-1)).toMatchObject({
      ...{ method: "POST", path: "/v1/rooms", authorization: "Bearer allocate-token" },
      body: { fleet: "maps", attributes: { map }, capacity: 2, seat: { player: "ann" } },
    });
    const ben = (await enter(map, "ben")).body.message;
    const again = (await enter(map, "ann")).body.message;
    expect([ben.room, again.room, again.seat]).toEqual([first.room, first.room, first.seat]);
    // The room is full: the next one is somewhere else, and those who sit there stay together.
    const cid = (await enter(map, "cid")).body.message;
    expect(cid.room).not.toBe(first.room);
    expect((await enter(map, "ben")).body.message.seat).toBe(ben.seat);
    expect((await enter(await publicMap(), "ann")).body.message.room).not.toBe(first.room);
  });

  it("gets one seat, also when many requests come at once", async () => {
    const map = await publicMap();
    const all = await Promise.all(Array.from({ length: 5 }, () => enter(map, "ann")));
    expect(new Set(all.map(({ body }) => `${body.message.room} ${body.message.seat}`)).size).toBe(
      1,
    );
    expect(api.players(all[0]?.body.message.room)).toEqual(["ann"]);
  });

  it("must see it: by the key of its link, or as a member", async () => {
    const map = await makeMap(room, { access: "link" });
    await room.ask("ann", "POST", `/maps/${map}/publish`);
    const { link } = (await room.ask("ann", "POST", `/maps/${map}/link`)).body.message;
    const before = api.asked.length;
    expect(told(await enter(map, "cid"))).toBe("404 map not found");
    expect(told(await enter(map, "cid", { link: "x" }))).toBe("404 map not found");
    expect(told(await enter(idFor("m", 1), "ann"))).toBe("404 map not found");
    expect(api.asked).toHaveLength(before);
    expect((await enter(map, "cid", { link })).status).toBe(200);
    expect((await room.ask("cid", "GET", `/maps/${map}/present`)).status).toBe(404);
    const present = await room.ask("cid", "GET", `/maps/${map}/present?link=${link}`);
    expect(present.body.message).toEqual({
      players: 1,
      rooms: [
        {
          room: expect.any(String),
          seats: { taken: 0, reserved: 1, free: 1 },
          players: [{ user_id: "cid", state: "Reserved" }],
        },
      ],
    });
  });

  it.each([
    [["cut"], "200", undefined],
    [["503"], "200", undefined],
    [["cut", "cut", "cut"], "503 game servers not available", "1"],
    [["429 later"], "503 no game server is free", "60"],
    [["401"], "200", undefined],
    [["401", "401"], "503 game servers not available", "1"],
  ] as const)("hears honestly of a platform that answers %j", async (faults, expected, after) => {
    const map = await publicMap();
    api.faults.push(...faults);
    const answer = await enter(map, "ann");
    api.faults.length = 0;
    expect(told(answer).startsWith(expected)).toBe(true);
    expect(answer.headers["retry-after"]).toBe(after);
    if (answer.status === 503) expect((await enter(map, "ann")).status).toBe(200);
  });

  it("is told so when the platform, or the fleet, is not there at all", async () => {
    const map = await publicMap();
    for (const change of [{ flotillaUrl: "http://127.0.0.1:9" }, { fleet: "none" }]) {
      await using other = await TestRoom.open({ flotillaUrl: api.url, ...change });
      const there = await makeMap(other);
      const answer = await other.ask("ann", "POST", `/maps/${there}/enter`);
      const message = "fleet" in change ? "no game server is free" : "game servers not available";
      expect([told(answer), answer.headers["retry-after"]]).toEqual([`503 ${message}`, "1"]);
      expect((await other.ask("ann", "GET", `/maps/${there}`)).status).toBe(200);
    }
    expect((await enter(map, "ann")).status).toBe(200);
  });
});

describe("who is there", () => {
  it("is nobody on a map that nobody has entered", async () => {
    const map = await publicMap();
    const { message } = (await room.ask("ben", "GET", `/maps/${map}/present`)).body;
    expect(message).toEqual({ players: 0, rooms: [] });
  });

  it("is shown for all rooms of the map, and to game servers", async () => {
    const map = await publicMap();
    for (const who of ["ann", "ben", "cid"]) await enter(map, who);
    const operator = { token: room.operator };
    const { players, rooms } = (await room.ask(operator, "GET", `/maps/${map}/present`)).body
      .message;
    expect([players, rooms.length]).toEqual([3, 2]);
  });
});

it("limits how often one user has the platform asked who is there, and game servers never", async () => {
  await using other = await TestRoom.open({ flotillaUrl: api.url, changesPerMinute: 3 });
  const map = await makeMap(other);
  const present = async (who: Parameters<TestRoom["ask"]>[0]): Promise<number> =>
    (await other.ask(who, "GET", `/maps/${map}/present`)).status;
  expect([await present("ann"), await present("ann"), await present("ann")]).toEqual([
    200, 200, 429,
  ]);
  expect(await present({ token: other.operator })).toBe(200);
});

describe("a snapshot", () => {
  const operator = () => ({ token: room.operator });
  const put = (map: string, body: object) =>
    room.ask(operator(), "PUT", `/maps/${map}/snapshot`, body);
  const get = (map: string) => room.ask(operator(), "GET", `/maps/${map}/snapshot`);

  it("is kept as it is, and given to the next game server", async () => {
    const map = await publicMap();
    expect(told(await get(map))).toBe("404 no snapshot");
    const { room: own } = (await enter(map, "ann")).body.message;
    const state = { players: [{ name: "ann", x: 1.5, at: null }], said: ["안녕"] };
    const saved_at = "2026-01-01T00:00:00Z";
    expect(told(await put(map, { room: own, state, seq: 1 }))).toBe(
      `200 ${JSON.stringify({ room: own, seq: 1, saved_at })}`,
    );
    expect((await get(map)).body.message).toEqual({ room: own, state, seq: 1, saved_at });
    await room.ask("ann", "DELETE", `/maps/${map}`);
    expect(told(await get(map))).toBe("404 map not found");
    expect(room.heads().filter(([id]) => id === map)).toEqual([]);
  });

  it("that comes late changes nothing, and the same again is done already", async () => {
    const map = await publicMap();
    const { room: own } = (await enter(map, "ann")).body.message;
    const send = (seq: number, state: string) => put(map, { room: own, state, seq });
    await send(2, "two");
    expect(told(await send(1, "one"))).toBe("409 a later snapshot is kept");
    expect((await send(2, "again")).status).toBe(200);
    expect((await get(map)).body.message.state).toBe("two");
    expect((await send(3, "three")).status).toBe(200);
    expect((await get(map)).body.message.state).toBe("three");
  });

  it("is the newest room's: one that was taken for dead cannot bring back what was", async () => {
    const map = await publicMap();
    const { room: first } = (await enter(map, "ann")).body.message;
    expect((await put(map, { room: first, state: 1 })).status).toBe(200);
    await enter(map, "ben");
    const { room: second } = (await enter(map, "cid")).body.message;
    expect((await put(map, { room: second, state: 2 })).status).toBe(200);
    expect(told(await put(map, { room: first, state: 3 }))).toBe("409 a newer room has the map");
    expect((await put(map, { room: second, state: 4 })).status).toBe(200);
    expect((await get(map)).body.message).toMatchObject({ room: second, state: 4 });
  });

  it("is taken of no room that the platform does not have for this map", async () => {
    const map = await publicMap();
    const none = "409 the platform has no such room of the map";
    expect(told(await put(map, { room: "maps-none", state: 1 }))).toBe(none);
    const { room: other } = (await enter(await publicMap(), "ann")).body.message;
    expect(told(await put(map, { room: other, state: 1 }))).toBe(none);
    expect(told(await put(idFor("m", 1), { room: other, state: 1 }))).toBe("404 map not found");
    api.faults.push("cut", "cut", "cut");
    expect(told(await put(map, { room: other, state: 1 }))).toBe("503 game servers not available");
    expect(told(await get(map))).toBe("404 no snapshot");
  });
});
