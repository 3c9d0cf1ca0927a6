import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ASSET_IDS, CHAIR, HARBOUR, idFor, makeMap, TestRoom, told } from "./room.fixture.ts";

const FLOOR = ["......", "......", "......", "......"];

/** For those who leave nothing there. */
let shared: TestRoom;
beforeAll(async () => {
  shared = await TestRoom.open();
});
afterAll(() => shared[Symbol.asyncDispose]());

describe("a map", () => {
  it("is made with floor, looked at, and kept over a restart", async () => {
    await using room = await TestRoom.open();
    const made = await room.ask("ann", "POST", "/maps", { ...HARBOUR, objects: [CHAIR] });
    expect(made.status).toBe(201);
    const { map_id, objects } = made.body.message;
    expect(made.body).toEqual({
      code: 1,
      message: {
        ...{ map_id, creator: "ann", ...HARBOUR, access: "members", published: false, version: 1 },
        ...{ members: [], can_edit: true, has_link: false, tiles: FLOOR },
        objects: [{ object_id: objects[0].object_id, ...CHAIR }],
        ...{ created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-01T00:00:00Z" },
      },
    });
    expect(map_id).toMatch(/^m[0-9a-f]{24}$/);
    await room.stop();
    await room.start();
    const got = await room.ask("ann", "GET", `/maps/${map_id}`);
    expect([got.status, got.body, got.headers.etag]).toEqual([200, made.body, '"1"']);
    const headers = { "if-none-match": '"1"' };
    expect((await room.ask("ann", "GET", `/maps/${map_id}`, undefined, { headers })).status).toBe(
      304,
    );
  });

  it("is made once under an Idempotency-Key, also by many at once", async () => {
    await using room = await TestRoom.open();
    const once = (body: object = HARBOUR) => room.ask("ann", "POST", "/maps", body, { key: "k1" });
    const answers = await Promise.all([once(), once(), once()]);
    answers.push(await once());
    expect(new Set(answers.map(told)).size).toBe(1);
    expect(answers[0]?.status).toBe(201);
    expect(told(await once({ ...HARBOUR, name: "x" }))).toBe("422 idempotency key reused");
    const bens = await room.ask("ben", "POST", "/maps", HARBOUR, { key: "k1" });
    expect(bens.body.message.map_id).not.toBe(answers[0]?.body.message.map_id);
    expect((await room.ask("ann", "GET", "/maps/mine")).body.message.items).toHaveLength(1);
  });

  it("is one of at most so many of a user, however many come at once", async () => {
    await using room = await TestRoom.open({ mapsPerUser: 3 });
    const all = await Promise.all(
      Array.from({ length: 10 }, () => room.ask("ann", "POST", "/maps", HARBOUR)),
    );
    expect(all.filter(({ status }) => status === 201)).toHaveLength(3);
    const refused = all.filter(({ status }) => status !== 201);
    expect(new Set(refused.map(told))).toEqual(new Set(["403 too many maps"]));
    const { items } = (await room.ask("ann", "GET", "/maps/mine")).body.message;
    await room.ask("ann", "DELETE", `/maps/${items[1].map_id}`);
    expect((await room.ask("ann", "POST", "/maps", HARBOUR)).status).toBe(201);
    expect(told(await room.ask("ann", "POST", "/maps", HARBOUR))).toBe("403 too many maps");
    expect((await room.ask("ben", "POST", "/maps", HARBOUR)).status).toBe(201);
  });

  it("is gone with everything once it is deleted", async () => {
    await using room = await TestRoom.open();
    const map = await makeMap(room);
    await room.ask("ann", "POST", `/maps/${map}/objects`, CHAIR);
    expect(told(await room.ask("ann", "DELETE", `/maps/${map}`))).toBe(`200 {"map_id":"${map}"}`);
    for (const method of ["GET", "DELETE"] as const)
      expect(told(await room.ask("ann", method, `/maps/${map}`))).toBe("404 map not found");
    expect((await room.ask("ann", "GET", "/maps/mine")).body.message).toEqual({ items: [] });
    expect(room.kept()).toEqual({ maps: 0, map_contents: 0, map_snapshots: 0 });
  });

  it.each([
    [
      "a row too few",
      { tiles: ["......", "......", "......", "......"].slice(1), height: 4 },
      "tiles",
    ],
    ["a row too short", { tiles: [...FLOOR.slice(1), "....."] }, "tiles[3]"],
    ["an unknown tile", { tiles: [...FLOOR.slice(1), ".....?"] }, "tiles[3]"],
    ["nowhere to stand", { tiles: ["######", "######", "~~~~~~", "######"] }, "tiles"],
    ["a side too long", { width: 129 }, "width"],
    ["an object outside", { objects: [{ ...CHAIR, x: 6 }] }, "objects[0].x"],
    ["an object half turned", { objects: [{ ...CHAIR, rotation: 45 }] }, "objects[0].rotation"],
    [
      "two solids on one tile",
      {
        objects: [
          { ...CHAIR, solid: true },
          { ...CHAIR, x: 1.2, solid: true },
        ],
      },
      "objects[1]",
    ],
    [
      "one id twice",
      {
        objects: [
          { ...CHAIR, object_id: idFor("o", 1) },
          { ...CHAIR, object_id: idFor("o", 1) },
        ],
      },
      "objects[1].object_id",
    ],
    [
      "an asset that is none",
      { objects: [CHAIR, { ...CHAIR, asset_id: ASSET_IDS.none }] },
      "objects[1].asset_id",
    ],
    [
      "a deleted asset",
      { objects: [{ ...CHAIR, asset_id: ASSET_IDS.deleted }] },
      "objects[0].asset_id",
    ],
    ["too much on one tile", { objects: Array(17).fill(CHAIR) }, "objects[16]"],
    ["no name", { name: " " }, "name"],
  ] as const)("is refused with %s", async (_, change, path) => {
    const answer = await shared.ask("ann", "POST", "/maps", { ...HARBOUR, ...change });
    expect(told(answer)).toBe("400 bad request");
    expect(answer.body.details?.map((one) => one.path)).toContain(path);
    expect(shared.kept()).toEqual({ maps: 0, map_contents: 0, map_snapshots: 0 });
  });
});

describe("lists of maps", () => {
  it("show what is public and published, newest first, page by page", async () => {
    await using room = await TestRoom.open();
    const maps: string[] = [];
    for (let i = 0; i < 5; i++) {
      const map = await makeMap(room, { access: i === 2 ? "link" : "public", name: `m${i}` });
      maps.push(map);
      await room.clock.advance(1_000);
      if (i !== 1) await room.ask("ann", "POST", `/maps/${map}/publish`);
    }
    const namesOf = (one: { items: { name: string }[] }) => one.items.map(({ name }) => name);
    const first = (await room.ask("ben", "GET", "/maps?limit=2")).body.message;
    expect(namesOf(first)).toEqual(["m4", "m3"]);
    expect(first.items[0]).not.toHaveProperty("members");
    const rest = (await room.ask("ben", "GET", `/maps?limit=2&after=${first.next}`)).body.message;
    expect([namesOf(rest), rest.next]).toEqual([["m0"], undefined]);
    expect(namesOf((await room.ask("ben", "GET", "/maps?creator=ANN")).body.message)).toEqual([
      ...["m4", "m3", "m0"],
    ]);
    expect((await room.ask("ben", "GET", "/maps?creator=ben")).body.message.items).toEqual([]);
    expect(namesOf((await room.ask("ann", "GET", "/maps/mine")).body.message)).toHaveLength(5);
    await room.ask("ann", "POST", `/maps/${maps[4]}/unpublish`);
    expect(namesOf((await room.ask("ben", "GET", "/maps")).body.message)).toEqual(["m3", "m0"]);
    expect(told(await room.ask("ben", "GET", "/maps?after=x"))).toBe("400 bad request");
    expect(told(await room.ask("ben", "GET", "/maps?limit=101"))).toBe("400 bad request");
  });
});

describe("assets on a map", () => {
  it("are asked for once, with the player's own token, and only when they are new there", async () => {
    await using room = await TestRoom.open();
    const objects = [CHAIR, { ...CHAIR, x: 2 }, { ...CHAIR, asset_id: ASSET_IDS.two }];
    const map = await makeMap(room, { objects });
    const [asked, ...more] = room.assets.asked;
    expect([asked?.ids, more]).toEqual([[ASSET_IDS.one, ASSET_IDS.two], []]);
    expect(decodeJwt(asked?.token ?? "").sub).toBe("ann");
    room.assets.fault = "500";
    expect((await room.ask("ann", "POST", `/maps/${map}/objects`, CHAIR)).status).toBe(201);
    expect(room.assets.asked).toHaveLength(1);
    room.assets.fault = undefined;
    const refused = await room.ask("ann", "POST", `/maps/${map}/objects`, {
      ...CHAIR,
      asset_id: ASSET_IDS.bens,
    });
    expect(refused.body.details).toEqual([
      { path: "asset_id", message: "is no asset that you may use" },
    ]);
    await room.ask("ann", "PUT", `/maps/${map}/members/ben`);
    const bens = await room.ask("ben", "POST", `/maps/${map}/objects`, {
      ...CHAIR,
      asset_id: ASSET_IDS.bens,
    });
    expect(bens.status).toBe(201);
  });

  it.each(["cut", "500", "nonsense", "401"] as const)(
    "leave everything as it is when the asset service fails: %s",
    async (fault) => {
      await using room = await TestRoom.open();
      const map = await makeMap(room);
      const before = await room.ask("ann", "GET", `/maps/${map}`);
      room.assets.fault = fault;
      const expected = fault === "401" ? "401 token invalid" : "503 asset service not available";
      for (const [method, url, body] of [
        ["POST", "/maps", { ...HARBOUR, objects: [CHAIR] }],
        ["POST", `/maps/${map}/objects`, CHAIR],
        ["PATCH", `/maps/${map}`, { version: 1, objects: [CHAIR] }],
      ] as const) {
        const answer = await room.ask("ann", method, url, body);
        expect(told(answer)).toBe(expected);
        if (fault !== "401") expect(answer.headers["retry-after"]).toBe("1");
      }
      expect((await room.ask("ann", "GET", `/maps/${map}`)).body).toEqual(before.body);
      expect(room.kept()).toEqual({ maps: 1, map_contents: 1, map_snapshots: 0 });
      // What needs no asset goes on.
      expect(
        (await room.ask("ann", "PATCH", `/maps/${map}`, { version: 1, name: "x" })).status,
      ).toBe(200);
    },
  );
});
