import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHAIR, idFor, makeMap, TestRoom, told } from "./room.fixture.ts";

/** One for all: each test has maps of its own. */
let room: TestRoom;
beforeAll(async () => {
  room = await TestRoom.open({ mapsPerUser: 1_000 });
});
afterAll(() => room[Symbol.asyncDispose]());

type Who = "ann" | "ben" | "cid" | "game";
/** ann made the map, ben is a member, cid a stranger, game the operator. */
const SEEN: readonly (readonly [string, boolean, string, string | undefined, string])[] = [
  //                              published  access   key     who sees it
  ["a draft that will be public", false, "public", undefined, "ann ben game"],
  ["a draft with a link", false, "link", "good", "ann ben game"],
  ["a public map", true, "public", undefined, "ann ben cid game"],
  ["a public map, with any key", true, "public", "bad", "ann ben cid game"],
  ["a map with a link, by its key", true, "link", "good", "ann ben cid game"],
  ["a map with a link, by another key", true, "link", "bad", "ann ben game"],
  ["a map with a link, without", true, "link", undefined, "ann ben game"],
  ["a map for members", true, "members", "good", "ann ben game"],
];

async function mapOf(
  room: TestRoom,
  published: boolean,
  access: string,
): Promise<[string, string]> {
  const map = await makeMap(room, { access });
  await room.ask("ann", "PUT", `/maps/${map}/members/Ben`);
  const { body } = await room.ask("ann", "POST", `/maps/${map}/link`);
  if (published) await room.ask("ann", "POST", `/maps/${map}/publish`);
  return [map, body.message.link];
}
const asWho = (room: TestRoom, who: Who) => (who === "game" ? { token: room.operator } : who);

describe("who sees a map", () => {
  it.each(SEEN)("%s", async (_, published, access, key, expected) => {
    const [map, link] = await mapOf(room, published, access);
    const query = key === undefined ? "" : `?link=${key === "good" ? link : "x"}`;
    const seen: string[] = [];
    for (const who of ["ann", "ben", "cid", "game"] as const) {
      const answer = await room.ask(asWho(room, who), "GET", `/maps/${map}${query}`);
      if (answer.status === 200) seen.push(who);
      else expect(told(answer)).toBe("404 map not found");
      const { members, can_edit, has_link } = answer.body.message;
      if (who === "ann") expect([members, can_edit, has_link]).toEqual([["ben"], true, true]);
      if (who === "ben") expect([members, can_edit, has_link]).toEqual([["ben"], true, undefined]);
      if (who === "cid") expect([members, can_edit || undefined]).toEqual([undefined, undefined]);
    }
    expect(seen.join(" ")).toBe(expected);
  });
});

describe("who changes a map", () => {
  const object = idFor("o", 0);
  it.each([
    ["PATCH", "", { version: 4, name: "x" }, "ann ben"],
    ["PATCH", "", { version: 4, access: "link" }, "ann"],
    ["DELETE", "", undefined, "ann"],
    ["POST", "/objects", CHAIR, "ann ben"],
    ["DELETE", `/objects/${object}`, undefined, "ann ben"],
    ["POST", "/undo", undefined, "ann ben"],
    ["POST", "/publish", undefined, "ann"],
    ["POST", "/unpublish", undefined, "ann"],
    ["PUT", "/members/dan", undefined, "ann"],
    ["DELETE", "/members/ben", undefined, "ann ben"],
    ["DELETE", "/members/dan", undefined, "ann"],
    ["POST", "/link", undefined, "ann"],
    ["DELETE", "/link", undefined, "ann"],
  ] as const)("%s /maps/:map_id%s", async (method, below, body, expected) => {
    const allowed: string[] = [];
    for (const who of ["ann", "ben", "cid", "game"] as const) {
      const objects = [{ ...CHAIR, object_id: object }];
      const map = await makeMap(room, { access: "public", objects });
      await room.ask("ann", "PUT", `/maps/${map}/members/ben`);
      await room.ask("ann", "POST", `/maps/${map}/publish`);
      await room.ask("ann", "PATCH", `/maps/${map}`, { version: 3, name: "y" });
      const before = room.heads();
      const answer = await room.ask(asWho(room, who), method, `/maps/${map}${below}`, body);
      if (answer.status < 300) allowed.push(who);
      else expect(told(answer)).toBe(who === "game" ? "401 token invalid" : "403 not allowed");
      if (answer.status >= 300) expect(room.heads()).toEqual(before);
    }
    expect(allowed.join(" ")).toBe(expected);
  });

  it("lets nobody in by a link that has ended, and a member who has gone is a stranger", async () => {
    const [map, first] = await mapOf(room, true, "link");
    const second = (await room.ask("ann", "POST", `/maps/${map}/link`)).body.message.link;
    const look = async (link: string): Promise<number> =>
      (await room.ask("cid", "GET", `/maps/${map}?link=${link}`)).status;
    expect([await look(first), await look(second)]).toEqual([404, 200]);
    await room.ask("ann", "DELETE", `/maps/${map}/link`);
    expect(await look(second)).toBe(404);
    expect(JSON.stringify(room.heads())).not.toContain(second);
    await room.ask("ben", "DELETE", `/maps/${map}/members/ben`);
    expect((await room.ask("ben", "GET", `/maps/${map}`)).status).toBe(404);
  });

  it("says the same again when it is done already, without a new version", async () => {
    const [map] = await mapOf(room, true, "public");
    const again = await room.ask("ann", "PUT", `/maps/${map}/members/ben`);
    expect(again.body.message).toMatchObject({ version: 4, members: ["ben"], published: true });
    expect((await room.ask("ann", "POST", `/maps/${map}/publish`)).body.message.version).toBe(4);
    expect((await room.ask("ann", "DELETE", `/maps/${map}/members/dan`)).body.message.version).toBe(
      4,
    );
  });

  it("takes a hundred members and no more", async () => {
    const map = await makeMap(room);
    const add = (i: number) => room.ask("ann", "PUT", `/maps/${map}/members/user${i}`);
    const all = await Promise.all(Array.from({ length: 101 }, (_, i) => add(i)));
    expect(all.filter(({ status }) => status === 200)).toHaveLength(100);
    expect(all.map(told)).toContain("403 too many members");
  });
});
