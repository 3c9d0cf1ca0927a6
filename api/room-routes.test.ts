import { createRemoteJWKSet, jwtVerify } from "jose";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ApiHarness, type Ask, openApi } from "./api.fixture.ts";
import { fleetOf, roomSpec } from "./rooms.fixture.ts";

let api: ApiHarness;
beforeEach(async () => {
  api = await openApi();
  await fleetOf(api, "arena", 2, roomSpec(4, 64));
});
afterEach(() => api[Symbol.asyncDispose]());

// biome-ignore lint/suspicious/noExplicitAny: tests look into whatever comes
type Body = any;
async function ask(method: string, path: string, body?: unknown, more: Ask = {}) {
  const rest = body === undefined ? {} : { body };
  const answer = await api.ask(path, { method, token: api.tokens.allocate, ...rest, ...more });
  return { ...answer, body: answer.body as Body };
}
const open = (body: object = {}, more: Ask = {}) =>
  ask("POST", "/v1/rooms", { fleet: "arena", ...body }, more);

describe("rooms over HTTP", () => {
  it("are made with 201 and found with 200, with a seat and a view of the server", async () => {
    const wish = { attributes: { map: "harbour" }, capacity: 8 };
    const made = await open({ ...wish, seat: { player: "ann" } });
    expect([made.status, made.body.made]).toEqual([201, true]);
    const server = api.store.get("GameServer", "default", "arena-0");
    expect(made.body.room).toEqual({
      id: expect.stringMatching(/^arena-[a-z0-9]{8}$/),
      ...{ namespace: "default", fleet: "arena", attributes: { map: "harbour" } },
      ...{ capacity: 8, open: true, seats: { taken: 0, reserved: 1, free: 7 } },
      gameServer: {
        ...{ name: "arena-0", uid: server?.metadata.uid, node: "node-0", address: "127.0.0.1" },
        ports: [{ name: "game", port: 7_000 }],
      },
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    const found = await open({ ...wish, seat: { player: "ben", seconds: 5 } });
    expect([found.status, found.body.made, found.body.room.id]).toEqual([
      200,
      false,
      made.body.room.id,
    ]);
    expect(found.body.seat).toMatchObject({
      ...{ player: "ben", state: "Reserved", room: made.body.room.id, host: "127.0.0.1" },
    });
  });

  it("give a token that anybody verifies by the published keys, and the server's annotation", async () => {
    const { body } = await open({ seat: { player: "ann", seconds: 20 }, attributes: { map: "a" } });
    const keys = createRemoteJWKSet(new URL(`${api.url}/.well-known/jwks.json`));
    const { uid } = body.room.gameServer;
    const options = { algorithms: ["EdDSA"], audience: uid, issuer: "flotilla" };
    const { payload, protectedHeader } = await jwtVerify(body.seat.token, keys, options);
    expect(payload).toMatchObject({
      ...{ sub: "ann", ns: "default", room: body.room.id, seat: body.seat.id, cap: 16 },
      attrs: { map: "a" },
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBeLessThanOrEqual(21);
    await expect(jwtVerify(body.seat.token, keys, { ...options, audience: "x" })).rejects.toThrow();
    const later = new Date(((payload.exp ?? 0) + 1) * 1_000);
    await expect(
      jwtVerify(body.seat.token, keys, { ...options, currentDate: later }),
    ).rejects.toThrow(/exp/);
    const { annotations } = api.store.get("GameServer", "default", "arena-0")?.metadata ?? {};
    const told = JSON.parse(annotations?.["flotilla.dev/join-keys"] ?? "[]") as { kid: string }[];
    const published = await api.ask("/.well-known/jwks.json", { token: null });
    expect({ keys: told }).toEqual(published.body);
    expect(told.map(({ kid }) => kid)).toContain(protectedHeader.kid);
    expect(published.headers.get("cache-control")).toBe("public, max-age=60");
  });

  it("keep nothing that is null, and are like rooms that were asked for without it", async () => {
    const made = await open({ attributes: { map: "a", mode: null }, seat: null });
    const found = await open({ attributes: { map: "a" }, seat: { player: "ann", seconds: null } });
    expect([made.body.room.attributes, found.body.made]).toEqual([{ map: "a" }, false]);
    expect(found.body.room.id).toBe(made.body.room.id);
  });

  it("are not listed for an attribute that no room can have, whatever it is called", async () => {
    await open({ attributes: { map: "a" } });
    for (const name of ["__proto__", "constructor"])
      expect((await ask("GET", `/v1/rooms?attribute.${name}=a`)).body).toEqual({ rooms: [] });
  });

  it("have seats: the same again for a player, confirmed, left, and refused with when to come again", async () => {
    const { body } = await open({ capacity: 1 });
    const seats = `/v1/rooms/${body.room.id}/seats`;
    const first = await ask("POST", seats, { player: "ann" });
    const again = await ask("POST", seats, { player: "ann" });
    expect([first.status, again.status, again.body.id === first.body.id]).toEqual([201, 200, true]);
    const shown = await ask("GET", seats);
    const { id, expiresAt } = first.body;
    const givenAt = expect.stringMatching(/Z$/);
    expect(shown.body).toEqual({
      seats: [{ id, player: "ann", state: "Reserved", givenAt, expiresAt }],
    });
    const full = await ask("POST", seats, { player: "ben" });
    expect([full.status, full.body.reason]).toEqual([429, "TooManyRequests"]);
    expect(full.body.message).toBe(
      `all 1 seats of room ${body.room.id} are given, 1 of them reserved`,
    );
    expect(Number(full.headers.get("retry-after"))).toBeGreaterThan(20);
    const confirmed = await ask("POST", `${seats}/${first.body.id}/confirm`);
    expect([confirmed.status, confirmed.body.state, "token" in confirmed.body]).toEqual([
      200,
      "Taken",
      false,
    ]);
    const waiting = ask("POST", seats, { player: "ben", waitUpTo: "20s" });
    const left = await ask("DELETE", `${seats}/${first.body.id}`);
    expect([left.status, left.body.seat.player]).toEqual([200, "ann"]);
    expect((await waiting).status).toBe(201);
    expect((await ask("DELETE", `${seats}/${first.body.id}`)).status).toBe(404);
    const { body: after } = await ask("GET", seats);
    expect(after.seats).toMatchObject([{ player: "ben", state: "Reserved" }]);
  });

  it("are listed by what they are, page by page, shown, closed to others and ended", async () => {
    for (const map of ["a", "a", "b"])
      await open({ attributes: { map }, find: false, capacity: 2 });
    const ids = async (query: string): Promise<string[]> =>
      (await ask("GET", `/v1/rooms?${query}`)).body.rooms.map(({ id }: { id: string }) => id);
    expect([(await ids("fleet=arena")).length, (await ids("fleet=other")).length]).toEqual([3, 0]);
    const [id = "", other = ""] = await ids("attribute.map=a");
    await ask("POST", `/v1/rooms/${id}/seats`, { player: "ann" });
    await ask("POST", `/v1/rooms/${id}/seats`, { player: "ben" });
    expect(await ids("attribute.map=a&free=true")).toEqual([other]);
    expect([await ids("player=ann"), await ids("player=cid")]).toEqual([[id], []]);
    expect(await ids("player=ben&attribute.map=b")).toEqual([]);
    const { body: page } = await ask("GET", "/v1/rooms?limit=2");
    expect((await ids(`limit=2&continue=${page.continue}`)).concat(page.rooms).length).toBe(3);
    expect((await ask("GET", `/v1/rooms/${other}`)).body.attributes).toEqual({ map: "a" });
    const closed = await ask("PATCH", `/v1/rooms/${other}`, { open: false });
    expect([closed.status, closed.body.open]).toEqual([200, false]);
    expect((await open({ attributes: { map: "a" }, capacity: 2 })).body.made).toBe(true);
    expect((await ask("DELETE", `/v1/rooms/${other}`)).status).toBe(200);
    expect((await ask("GET", `/v1/rooms/${other}`)).status).toBe(404);
  });

  it("give the same answer for the same key, word for word, and refuse another request under it", async () => {
    const more = { headers: { "idempotency-key": "k1" } };
    const body = { find: false, seat: { player: "ann" } };
    const [a, b] = await Promise.all([open(body, more), open(body, more)]);
    expect([a.status, b.status, b.text, (await open(body, more)).text]).toEqual([
      201,
      201,
      a.text,
      a.text,
    ]);
    expect(api.store.count("Room")).toBe(1);
    const reused = await open({ find: true }, more);
    expect([reused.status, reused.body.reason]).toEqual([422, "KeyReused"]);
    const path = `/v1/rooms/${a.body.room.id}/seats`;
    expect((await ask("POST", path, { player: "ann" }, more)).status).toBe(422);
    const seats = { headers: { "idempotency-key": "k2" } };
    const [c, d] = [
      await ask("POST", path, { player: "b" }, seats),
      await ask("POST", path, { player: "b" }, seats),
    ];
    expect([c.status, d.status, d.text]).toEqual([201, 201, c.text]);
  });

  it("are Rooms of the resource API: read, watched and deleted there, and made nowhere else", async () => {
    const { body } = await open({ seat: { player: "ann" } });
    const path = `/apis/flotilla.dev/v1/namespaces/default/rooms`;
    const admin = (method: string, url: string, more: unknown = undefined) =>
      ask(method, url, more, { token: api.tokens.admin });
    const { body: list } = await admin("GET", path);
    expect(list.items[0]).toMatchObject({
      kind: "Room",
      metadata: { name: body.room.id, labels: { "agones.dev/fleet": "arena" } },
      status: { gameServer: "arena-0", seats: { [body.seat.id]: { player: "ann" } } },
    });
    expect((await admin("POST", path, {})).status).toBe(405);
    expect((await admin("PATCH", `${path}/${body.room.id}`, {})).status).toBe(405);
    expect((await ask("GET", path)).status).toBe(403);
    expect((await admin("DELETE", `${path}/${body.room.id}`)).status).toBe(200);
    expect(api.store.get("GameServer", "default", "arena-0")?.status).toMatchObject({
      ...{ state: "Ready", counters: { rooms: { count: 0 } } },
    });
  });

  it("wait for a room, and say why there was none", async () => {
    for (let i = 0; i < 8; i++) await open({ find: false });
    const none = await open({ find: false });
    expect([none.status, none.headers.get("retry-after")]).toEqual([429, "1"]);
    expect(none.body.message).toMatch(
      /fleet arena has no place for another room: .*2 without that in counter rooms/,
    );
    const late = await open({ find: false, waitUpTo: 0.05 });
    expect(late.status).toBe(429);
    const waiting = open({ find: false, waitUpTo: "20s" });
    const { body } = await ask("GET", "/v1/rooms");
    await ask("DELETE", `/v1/rooms/${body.rooms[0].id}`);
    expect((await waiting).status).toBe(201);
  });

  it("are not taken for one who has gone", async () => {
    for (let i = 0; i < 8; i++) await open({ find: false });
    const gone = new AbortController();
    const waiting = fetch(`${api.url}/v1/rooms`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${api.tokens.allocate}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({ fleet: "arena", find: false, waitUpTo: "60s" }),
      signal: gone.signal,
    }).catch(() => "gone");
    await expect.poll(() => api.line.size).toBe(1);
    gone.abort();
    expect(await waiting).toBe("gone");
    await expect.poll(() => api.line.size).toBe(0);
    const { body } = await ask("GET", "/v1/rooms");
    await ask("DELETE", `/v1/rooms/${body.rooms[0].id}`);
    await ask("GET", "/v1/rooms?limit=1");
    expect(api.store.count("Room")).toBe(7);
  });
});

describe("a bad request for rooms", () => {
  it.each([
    ["no fleet", "POST", "/v1/rooms", {}, 422, /fleet: is required/],
    ["no such fleet", "POST", "/v1/rooms", { fleet: "none" }, 404, /Fleet "none" is not there/],
    ["a list", "POST", "/v1/rooms", [], 400, /must be an object/],
    [
      "an unknown field",
      "POST",
      "/v1/rooms",
      { fleet: "arena", seats: 1 },
      422,
      /seats: .*did you mean seat/,
    ],
    [
      "too many seats",
      "POST",
      "/v1/rooms",
      { fleet: "arena", capacity: 1001 },
      422,
      /capacity: must be 1..1000/,
    ],
    [
      "more than the fleet's players",
      "POST",
      "/v1/rooms",
      { fleet: "arena", capacity: 17 },
      422,
      /4 rooms of 17 seats/,
    ],
    [
      "a bad attribute",
      "POST",
      "/v1/rooms",
      { fleet: "arena", attributes: { map: "a b" } },
      422,
      /attributes.map/,
    ],
    [
      "too many attributes",
      "POST",
      "/v1/rooms",
      {
        fleet: "arena",
        attributes: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, "v"])),
      },
      422,
      /at most 16/,
    ],
    [
      "no player",
      "POST",
      "/v1/rooms",
      { fleet: "arena", seat: {} },
      422,
      /seat.player: is required/,
    ],
    [
      "a player of two lines",
      "POST",
      "/v1/rooms",
      { fleet: "arena", seat: { player: "a\nb" } },
      422,
      /printable/,
    ],
    [
      "a long player",
      "POST",
      "/v1/rooms",
      { fleet: "arena", seat: { player: "a".repeat(129) } },
      422,
      /1..128 characters/,
    ],
    [
      "a seat for too long",
      "POST",
      "/v1/rooms",
      { fleet: "arena", seat: { player: "a", seconds: 601 } },
      422,
      /1..600/,
    ],
    [
      "an impatient room",
      "POST",
      "/v1/rooms",
      { fleet: "arena", emptySeconds: 4 },
      422,
      /5..86400/,
    ],
    ["too long a wait", "POST", "/v1/rooms", { fleet: "arena", waitUpTo: "6m" }, 422, /at most 5m/],
    ["a bad namespace", "POST", "/v1/rooms", { fleet: "arena", namespace: "A" }, 422, /namespace/],
    [
      "no such room",
      "POST",
      "/v1/rooms/none/seats",
      { player: "a" },
      404,
      /Room "none" is not there/,
    ],
    ["seats of no room", "GET", "/v1/rooms/none/seats", undefined, 404, /Room "none"/],
    ["a seat without a player", "POST", "/v1/rooms/none/seats", {}, 422, /player: is required/],
    ["a seat of no room", "DELETE", "/v1/rooms/none/seats/s", undefined, 404, /Room "none"/],
    ["nothing to change", "PATCH", "/v1/rooms/none", {}, 422, /open: is required/],
    ["an unknown filter", "GET", "/v1/rooms?map=a", undefined, 400, /"map" is not one of/],
    ["a bad filter", "GET", "/v1/rooms?free=1", undefined, 400, /free must be true or false/],
    ["a bad namespace to look in", "GET", "/v1/rooms?namespace=A_", undefined, 400, /namespace/],
    ["a bad page", "GET", "/v1/rooms?continue=x", undefined, 400, /continue/],
    ["another method", "PUT", "/v1/rooms", {}, 405, /GET, POST/],
  ] as const)("with %s gets one clear error", async (_, method, path, body, status, message) => {
    const before = api.store.revision;
    const answer = await ask(method, path, body);
    expect([answer.status, answer.body.kind]).toEqual([status, "Status"]);
    expect(answer.body.message).toMatch(message);
    expect(api.store.revision).toBe(before);
  });

  it("without a token, or with one that is too narrow, gets nothing", async () => {
    expect((await ask("GET", "/v1/rooms", undefined, { token: null })).status).toBe(401);
    expect((await ask("GET", "/v1/rooms", undefined, { token: api.tokens.agent })).status).toBe(
      403,
    );
    expect((await ask("POST", "/v1/rooms", {}, { token: null })).status).toBe(401);
  });

  it("is described, with what is right, on the OpenAPI page", async () => {
    const { body } = await ask("GET", "/openapi.json");
    const { post, get } = body.paths["/v1/rooms"];
    const { schema, example } = post.requestBody.content["application/json"];
    expect([schema.required, post["x-flotilla-access"]]).toEqual([["fleet"], "allocate"]);
    expect(get.parameters.map(({ name }: { name: string }) => name)).toContain("attribute.NAME");
    expect((await open(example)).status).toBe(201);
    expect(Object.keys(body.paths["/v1/rooms/{id}/seats/{seat}/confirm"])).toContain("post");
    expect(body.paths["/.well-known/jwks.json"].get.security).toEqual([]);
  });
});
