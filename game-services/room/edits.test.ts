import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { silentLogger } from "../../core/std/logger.ts";
import { openRoom } from "./open-room.ts";
import { ASSET_IDS, CHAIR, HARBOUR, idFor, makeMap, TestRoom, told } from "./room.fixture.ts";

/** Names of a map's objects by their places, and its name. */
async function shown(room: TestRoom, map: string): Promise<string> {
  const { name, width, objects } = (await room.ask("ann", "GET", `/maps/${map}`)).body.message;
  const places = objects.map(({ x, y }: { x: number; y: number }) => `${x},${y}`);
  return `${name} ${width} ${places.sort().join(" ")}`;
}

describe("edits of one map", () => {
  it("are all there when a hundred come at once, in two processes, each with a version of its own", {
    timeout: 60_000,
  }, async () => {
    await using room = await TestRoom.open();
    const { settings, clock } = room;
    await using other = await openRoom({ settings, clock, logger: silentLogger });
    // What is there already nobody asks the asset service for: a hundred questions at once would be another test.
    const first = { ...CHAIR, object_id: idFor("o", 1), y: 3.5 };
    const map = await makeMap(room, { width: 100, height: 4, objects: [first] });
    const authorization = `Bearer ${await room.token("ann")}`;
    const url = `/maps/${map}/objects`;
    const place = async (i: number): Promise<{ status: number; version: number; id: string }> => {
      const { app } = i % 2 === 0 ? room.running : other;
      const payload = { ...CHAIR, x: i, solid: true };
      const answer = await app.inject({ method: "POST", url, payload, headers: { authorization } });
      const { version, object_id } = answer.json().message;
      return { status: answer.statusCode, version, id: object_id };
    };
    const placed = await Promise.all(Array.from({ length: 100 }, (_, i) => place(i)));
    expect(new Set(placed.map(({ status }) => status))).toEqual(new Set([201]));
    const numbers = Array.from({ length: 100 }, (_, i) => i + 2);
    expect(placed.map(({ version }) => version).sort((a, b) => a - b)).toEqual(numbers);
    const { version, objects } = (await room.ask("ann", "GET", `/maps/${map}`)).body.message;
    expect(version).toBe(101);
    const ids = objects.map(({ object_id }: { object_id: string }) => object_id).sort();
    expect(ids).toEqual([first.object_id, ...placed.map(({ id }) => id)].sort());
    // What nobody can have again is not kept.
    expect(room.kept()).toMatchObject({ maps: 1, map_contents: 51 });
  });

  it("are undone and redone as a list of contents says, whatever is done in which order", {
    timeout: 60_000,
  }, async () => {
    const anyStep = fc.oneof(
      fc.record({ do: fc.constant("place" as const), x: fc.nat(5), y: fc.nat(3) }),
      fc.record({ do: fc.constant("rename" as const), name: fc.constantFrom("a", "b", "c") }),
      fc.constantFrom({ do: "undo" }, { do: "redo" }, { do: "publish" }) as fc.Arbitrary<
        { do: "undo" } | { do: "redo" } | { do: "publish" }
      >,
    );
    const versionsMax = 4;
    await using room = await TestRoom.open({ versionsMax, mapsPerUser: 100 });
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 25 }), async (steps) => {
        const map = await makeMap(room);
        let past: string[] = [];
        let future: string[] = [];
        let version = 1;
        for (const step of steps) {
          const before = await shown(room, map);
          if (step.do === "undo" || step.do === "redo") {
            const [from, to] = step.do === "undo" ? [past, future] : [future, past];
            const answer = await room.ask("ann", "POST", `/maps/${map}/${step.do}`);
            const expected = from.pop();
            expect(answer.status).toBe(expected === undefined ? 409 : 200);
            if (expected === undefined) continue;
            to.push(before);
            expect(await shown(room, map)).toBe(expected);
          } else if (step.do === "publish") {
            await room.ask("ann", "POST", `/maps/${map}/publish`);
            const { body } = await room.ask("ann", "GET", `/maps/${map}`);
            expect(await shown(room, map)).toBe(before);
            version = body.message.version;
            continue;
          } else {
            const answer =
              step.do === "place"
                ? await room.ask("ann", "POST", `/maps/${map}/objects`, {
                    ...CHAIR,
                    x: step.x,
                    y: step.y,
                  })
                : await room.ask("ann", "PATCH", `/maps/${map}`, { version, name: step.name });
            expect(answer.status).toBeLessThan(300);
            past = [...past, before].slice(-versionsMax);
            future = [];
          }
          version += 1;
          const { items } = (await room.ask("ann", "GET", `/maps/${map}/versions`)).body.message;
          expect(items.map(({ is }: { is: string }) => is)).toEqual([
            ...past.map(() => "past"),
            "current",
            ...future.map(() => "undone"),
          ]);
        }
        await room.ask("ann", "DELETE", `/maps/${map}`);
        expect(room.kept()).toMatchObject({ maps: 0, map_contents: 0 });
      }),
      { numRuns: 15 },
    );
  });

  it("show where undo leads, page by page, and give the old contents back as new versions", async () => {
    await using room = await TestRoom.open();
    const map = await makeMap(room);
    await room.clock.advance(1_000);
    await room.ask("ann", "POST", `/maps/${map}/objects`, CHAIR);
    await room.ask("ann", "PUT", `/maps/${map}/members/ben`);
    await room.ask("ben", "PATCH", `/maps/${map}`, { version: 3, name: "Bay" });
    const undone = await room.ask("ann", "POST", `/maps/${map}/undo`);
    expect(undone.body.message).toMatchObject({ name: "Harbour", version: 5, objects: [CHAIR] });
    const list = (query: string) => room.ask("ann", "GET", `/maps/${map}/versions${query}`);
    const [at, later] = ["2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"];
    const items = [
      { version: 1, at, by: "ann", what: "made", is: "past" },
      { version: 2, at: later, by: "ann", what: "placed", is: "current" },
      { version: 4, at: later, by: "ben", what: "changed", is: "undone" },
    ];
    expect((await list("")).body.message).toEqual({ items });
    expect((await list("?limit=2")).body.message).toEqual({ items: items.slice(0, 2), next: "2" });
    expect((await list("?limit=2&after=2")).body.message).toEqual({ items: items.slice(2) });
    expect(told(await list("?after=7"))).toBe("400 bad request");
    // A new edit ends what could be redone.
    await room.ask("ann", "POST", `/maps/${map}/objects`, CHAIR);
    expect(told(await room.ask("ann", "POST", `/maps/${map}/redo`))).toBe("409 nothing to redo");
    expect(room.kept().map_contents).toBe(3);
  });

  it("need the version that the player has seen, when they change more than one object", async () => {
    await using room = await TestRoom.open();
    const map = await makeMap(room);
    const change = (version: number, name: string) =>
      room.ask("ann", "PATCH", `/maps/${map}`, { version, name });
    const both = await Promise.all([change(1, "a"), change(1, "b")]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(told(await change(1, "c"))).toBe("409 changed meanwhile");
    expect(told(await room.ask("ann", "PATCH", `/maps/${map}`, { version: 2 }))).toBe(
      "400 bad request",
    );
    const smaller = { version: 2, width: 5, tiles: Array(4).fill("....."), access: "public" };
    const changed = await room.ask("ann", "PATCH", `/maps/${map}`, smaller);
    expect(changed.body.message).toMatchObject({ width: 5, access: "public", version: 3 });
    // Who sees a map is no content: undo leaves it.
    const undone = await room.ask("ann", "POST", `/maps/${map}/undo`);
    expect(undone.body.message).toMatchObject({ width: 6, access: "public", version: 4 });
  });

  it("are refused whole when one part of them is wrong", async () => {
    await using room = await TestRoom.open();
    const map = await makeMap(room, { objects: [{ ...CHAIR, x: 5 }] });
    const before = (await room.ask("ann", "GET", `/maps/${map}`)).body;
    const narrower = { version: 1, name: "x", width: 5, tiles: Array(4).fill(".....") };
    const answer = await room.ask("ann", "PATCH", `/maps/${map}`, narrower);
    expect(answer.body.details).toEqual([
      { path: "objects[0].x", message: "must be from 0 to below 5, found 5" },
    ]);
    expect((await room.ask("ann", "GET", `/maps/${map}`)).body).toEqual(before);
  });
});

describe("one object", () => {
  it("is placed once under an Idempotency-Key, and not again after it was taken away", async () => {
    await using room = await TestRoom.open();
    const map = await makeMap(room);
    const url = `/maps/${map}/objects`;
    const place = (body: object) => room.ask("ann", "POST", url, body, { key: "k1" });
    const answers = await Promise.all([place(CHAIR), place(CHAIR), place(CHAIR)]);
    expect(new Set(answers.map(told)).size).toBe(1);
    expect(told(await place({ ...CHAIR, x: 3 }))).toBe("422 idempotency key reused");
    const object_id: string = answers[0]?.body.message.object_id;
    const remove = () => room.ask("ann", "DELETE", `${url}/${object_id}`);
    expect(told(await remove())).toBe(`200 {"object_id":"${object_id}","version":3}`);
    expect(told(await remove())).toBe("404 object not found");
    expect((await place(CHAIR)).status).toBe(201);
    expect((await room.ask("ann", "GET", `/maps/${map}`)).body.message.objects).toEqual([]);
  });

  it.each([
    ["outside", { x: 6 }, "x"],
    ["where another solid one is", { x: 0.5, y: 0.5, solid: true }, ""],
    ["of an asset that is none", { asset_id: ASSET_IDS.none }, "asset_id"],
  ])("is not placed %s", async (_, change, path) => {
    await using room = await TestRoom.open();
    const map = await makeMap(room, { objects: [{ ...CHAIR, x: 0, y: 0, solid: true }] });
    const answer = await room.ask("ann", "POST", `/maps/${map}/objects`, { ...CHAIR, ...change });
    expect([told(answer), answer.body.details?.[0]?.path]).toEqual(["400 bad request", path]);
    expect((await room.ask("ann", "GET", `/maps/${map}`)).body.message.version).toBe(1);
  });

  it("leaves the last free tile free", async () => {
    await using room = await TestRoom.open();
    const map = await makeMap(room, { tiles: [".#####", "######", "######", "######"] });
    const body = { ...CHAIR, x: 0, y: 0, solid: true };
    const answer = await room.ask("ann", "POST", `/maps/${map}/objects`, body);
    expect(answer.body.details).toEqual([
      { path: "", message: "tiles must leave a tile that somebody can stand on" },
    ]);
  });
});

it("limits what one user changes in a minute", async () => {
  await using room = await TestRoom.open({ changesPerMinute: 3 });
  const made = await Promise.all(
    Array.from({ length: 4 }, () => room.ask("ann", "POST", "/maps", HARBOUR)),
  );
  expect(made.map(({ status }) => status).sort()).toEqual([201, 201, 201, 429]);
  expect((await room.ask("ben", "POST", "/maps", HARBOUR)).status).toBe(201);
});
