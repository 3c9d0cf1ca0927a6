import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkSchema } from "../../core/model/check-schema.ts";
import type { Schema } from "../../core/model/schema.ts";
import { RoomsApi } from "../client/rooms-api.fixture.ts";
import { anyBody, anyGood } from "../service/any-body.fixture.ts";
import type { ServiceRoute } from "../service/route.ts";
import { templateOf } from "../service/route-paths.ts";
import {
  type Answered,
  ASSET_IDS,
  CHAIR,
  HARBOUR,
  idFor,
  makeMap,
  TestRoom,
} from "./room.fixture.ts";
import { roomRoutes } from "./routes.ts";

/** The table alone: it is read, not called. */
const ROUTES = roomRoutes({ owning: {} } as Parameters<typeof roomRoutes>[0]);
const NAMED = ROUTES.map((route) => [`${route.method} ${route.url}`, route] as const);
const RUNS = 40;
const NOTHING: Schema = { type: "object", properties: {} };
const CLEAN = { problems: [], unknown: [], warnings: [] };

let room: TestRoom;
let api: RoomsApi;
beforeAll(async () => {
  api = await RoomsApi.open();
  room = await TestRoom.open({ mapsPerUser: 1_000, flotillaUrl: api.url });
});
afterAll(async () => {
  await room[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

/** A map of ann's with ben as a member and an object that tests know; another one once it was deleted. */
let map = "";
async function mapThere(): Promise<string> {
  if (map !== "" && (await room.ask("ann", "GET", `/maps/${map}`)).status === 200) return map;
  map = await makeMap(room, { objects: [{ ...CHAIR, object_id: idFor("o", 1) }] });
  await room.ask("ann", "PUT", `/maps/${map}/members/ben`);
  return map;
}

/** What any answer must be, whatever was asked. */
function expectForm({ status, body, headers }: Answered, route: ServiceRoute): void {
  expect(status).toBeLessThan(500);
  expect(headers["x-request-id"]).toMatch(/^[\w-]{1,64}$/);
  if (status >= 400) {
    const { code, message, details = [], ...rest } = body as unknown as Record<string, unknown[]>;
    expect({ code, message }).toEqual({ code: 0, message: expect.any(String) });
    expect(Object.keys(rest)).toEqual(["request_id"]);
    expect(details.length > 0).toBe(status === 400);
    return;
  }
  expect(status).toBe(route.status);
  expect(Object.keys(body)).toEqual(["code", "message"]);
  expect(checkSchema(route.answer, body.message)).toEqual(CLEAN);
}

/** A path with parts that are there, that might be, or that are anything; and a query. */
function anyUrl({ url, params, query = NOTHING }: ServiceRoute, there: string) {
  const known: Readonly<Record<string, string>> = {
    ...{ map_id: there, object_id: idFor("o", 1), user_id: "ben" },
  };
  const parts = Object.entries(params?.properties ?? {}).map(([name, schema]) => {
    const any = fc.oneof(
      { weight: 6, arbitrary: fc.constant(known[name] ?? "") },
      { weight: 1, arbitrary: anyGood(schema) as fc.Arbitrary<string> },
      { weight: 1, arbitrary: fc.constantFrom("__proto__", "null", "%00", "a b") },
    );
    return any.map((value) => [name, value] as const);
  });
  const anyQuery = fc.oneof(fc.constant({}), anyBody(query));
  return fc.tuple(fc.tuple(...parts), anyQuery).map(([values, asked]) => {
    const path = values.reduce(
      (text, [name, value]) => text.replace(`:${name}`, encodeURIComponent(value)),
      url,
    );
    const members = typeof asked === "object" && asked !== null ? Object.entries(asked) : [];
    const search = new URLSearchParams(
      members.map(([key, value]): [string, string] => [
        key,
        (typeof value === "string" ? value : JSON.stringify(value)).toWellFormed(),
      ]),
    );
    return `${path}?${search}`;
  });
}

/** Bodies as the schema has them, and such as the map would take: random ones are nearly never maps. */
function anyPayload({ url, method, body }: ServiceRoute): fc.Arbitrary<unknown> {
  if (body === undefined) return fc.constant(undefined);
  const place = fc.record({
    ...{ asset_id: fc.constantFrom(ASSET_IDS.one, ASSET_IDS.two, ASSET_IDS.none) },
    ...{ x: fc.double({ min: 0, max: 7, noNaN: true }), y: fc.integer({ min: 0, max: 4 }) },
    ...{ rotation: fc.constantFrom(0, 90, 91), layer: fc.nat(7), solid: fc.boolean() },
  });
  const likely: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
    "POST /maps": fc.record({
      ...{ name: fc.constant("x"), width: fc.integer({ min: 3, max: 6 }), height: fc.constant(4) },
      objects: fc.array(place, { maxLength: 4 }),
    }),
    "POST /maps/:map_id/objects": place,
    "PATCH /maps/:map_id": fc.record({
      ...{ version: fc.integer({ min: 1, max: 4 }), name: fc.constantFrom("a", "b") },
      objects: fc.array(place, { maxLength: 3 }),
    }),
  };
  const own = likely[`${method} ${url}`];
  return own ? fc.oneof(own, anyBody(body)) : anyBody(body);
}

describe("every endpoint", () => {
  it.each(NAMED)(
    "%s answers in its form to anything, and changes nothing on a refusal",
    { timeout: 90_000 },
    async (_, route) => {
      const there = await mapThere();
      const asked = fc.tuple(
        anyUrl(route, there),
        anyPayload(route),
        fc.constantFrom("ann", "ben", "cid"),
      );
      await fc.assert(
        fc.asyncProperty(asked, async ([url, body, who]) => {
          const present = await mapThere();
          const before = [room.heads(), room.kept()];
          const caller = route.access === "operator" ? { token: room.operator } : who;
          const path = url.replace(there, present);
          const sent = body === undefined ? undefined : JSON.stringify(body);
          const headers = { "content-type": "application/json" };
          const answer = await room.ask(caller, route.method, path, sent, { headers });
          expectForm(answer, route);
          if (answer.status >= 400 || route.method === "GET")
            expect([room.heads(), room.kept()]).toEqual(before);
        }),
        { numRuns: RUNS },
      );
    },
  );

  it.each(NAMED)("%s is closed to any text that is no token", async (_, route) => {
    const url = route.url
      .replace(":map_id", await mapThere())
      .replace(/:object_id/, idFor("o", 1))
      .replace(":user_id", "ben");
    const before = room.heads();
    const anyToken = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.base64String(),
      fc.constantFrom("", "null", "a.b.c"),
    );
    await fc.assert(
      fc.asyncProperty(anyToken, async (text) => {
        const token = Buffer.from(text)
          .toString("latin1")
          .replace(/[^\x20-\x7e]/g, "?");
        expect((await room.ask({ token }, route.method, url)).status).toBe(401);
      }),
      { numRuns: RUNS },
    );
    expect(room.heads()).toEqual(before);
  });

  it.each([
    ["that ran out", "token expired", { seconds: -60 }, {}],
    ["of another issuer", "token invalid", {}, { iss: "somebody" }],
    ["of another kind", "token invalid", {}, { typ: "JWT" }],
    ["of an unknown key", "token invalid", {}, { kid: "mine" }],
  ] as const)(
    "takes no token %s",
    async (_, message, { seconds = 900 }: { seconds?: number }, change) => {
      const iat = Math.floor(room.clock.now() / 1_000);
      const claims = { sub: "ann", sid: "s", iat, exp: iat + seconds };
      const token = await room.keys.sign(claims, change);
      const answer = await room.ask({ token }, "GET", "/maps/mine");
      expect([answer.status, answer.body.message]).toEqual([401, message]);
    },
  );

  it("takes no map over its bound, and no snapshot over a smaller one", async () => {
    const operator = { token: room.operator };
    const long = "x".repeat(300_000);
    const put = await room.ask(operator, "PUT", `/maps/${await mapThere()}/snapshot`, {
      ...{ room: "maps-1", state: long },
    });
    const post = await room.ask("ann", "POST", "/maps", { ...HARBOUR, name: long + long });
    for (const answer of [put, post])
      expect([answer.status, answer.body.message]).toEqual([413, "body too large"]);
    // The largest map that there is fits.
    const objects = Array.from({ length: 1_000 }, (_, i) => ({
      ...{ ...CHAIR, x: (i % 128) + 0.123456789012345, y: Math.floor(i / 128) + 0.123456789012345 },
    }));
    const tiles = Array(128).fill(".".repeat(128));
    const largest = { name: "가".repeat(64), width: 128, height: 128, tiles, objects };
    expect((await room.ask("ann", "POST", "/maps", largest)).status).toBe(201);
  });

  it("leaves out what is null", async () => {
    const objects = [{ ...CHAIR, object_id: null }];
    const made = await room.ask("ann", "POST", "/maps", { ...HARBOUR, tiles: null, objects });
    expect(made.status).toBe(201);
    expect(JSON.stringify([made.body, room.heads()])).not.toContain(":null");
  });

  it("names the methods that a path has", async () => {
    const answer = await room.ask("ann", "PUT", `/maps/${map}/objects`);
    expect([answer.status, answer.headers.allow]).toEqual([405, "POST"]);
    expect((await room.ask("ann", "GET", "/nothing")).status).toBe(404);
  });

  it("shows numbers to operators only, and whether it lives to all", async () => {
    expect((await room.ask("ann", "GET", "/metrics")).status).toBe(401);
    expect((await room.ask({ token: room.operator }, "GET", "/metrics")).status).toBe(200);
    expect((await room.ask(undefined, "GET", "/livez")).status).toBe(200);
    expect((await room.ask(undefined, "GET", "/readyz")).status).toBe(200);
  });
});

describe("the description", () => {
  it.each(NAMED)("%s has examples that are of its schemas", (_, route) => {
    const { body, params, answer, example } = route;
    if (body) expect(checkSchema(body, example.body)).toEqual(CLEAN);
    if (params) expect(checkSchema(params, example.params)).toEqual(CLEAN);
    expect(checkSchema(answer, example.message)).toEqual(CLEAN);
  });

  it("shows every route, and who may call it, in OpenAPI 3.1", async () => {
    const { paths } = (await room.ask(undefined, "GET", "/openapi.json")).body as unknown as {
      paths: Record<string, Record<string, { security: object[]; responses: object }>>;
    };
    const shown = Object.entries(paths).flatMap(([url, ways]) =>
      Object.keys(ways).map((way) => `${way.toUpperCase()} ${url}`),
    );
    const known = ROUTES.map(({ method, url }) => `${method} ${templateOf(url)}`);
    expect(shown.sort()).toEqual(known.sort());
    expect(paths["/maps/{map_id}"]?.get?.security).toEqual([{ player: [] }, { operator: [] }]);
    expect(Object.keys(paths["/maps/{map_id}/enter"]?.post?.responses ?? {})).toEqual([
      ...["200", "400", "401", "404", "413", "429", "503"],
    ]);
  });
});
