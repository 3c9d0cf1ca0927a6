import { randomUUID } from "node:crypto";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { type ApiHarness, type Ask, GAME_SPEC, openApi } from "./api.fixture.ts";

const PATH = "/apis/allocation.agones.dev/v1/namespaces/default/gameserverallocations";
const OF_ARENA = { spec: { selectors: [{ matchLabels: { "agones.dev/fleet": "arena" } }] } };

let api: ApiHarness;
beforeEach(async () => {
  await api?.[Symbol.asyncDispose]();
  api = await openApi();
});
afterAll(() => api[Symbol.asyncDispose]());

async function ready(count: number): Promise<void> {
  for (let i = 0; i < count; i++)
    await api.put(
      "GameServer",
      {
        metadata: { name: `arena-${i}`, labels: { "agones.dev/fleet": "arena" } },
        spec: GAME_SPEC,
      },
      {
        state: "Ready",
        nodeName: "a",
        address: "127.0.0.1",
        ports: [{ name: "default", port: 7000 + i }],
      },
    );
}
const allocate = (ask: Ask = {}) =>
  api.ask(PATH, { method: "POST", body: OF_ARENA, token: api.tokens.allocate, ...ask });
const stateOf = (body: unknown): unknown => (body as { status: { state: string } }).status.state;

describe("an allocation by Kubernetes' path", () => {
  it("answers 201 with the object and what was handed out, and each server once", async () => {
    await ready(2);
    const first = await allocate();
    expect([first.status, first.headers.get("content-type")]).toEqual([
      201,
      "application/json; charset=utf-8",
    ]);
    expect(first.body).toMatchObject({
      kind: "GameServerAllocation",
      apiVersion: "allocation.agones.dev/v1",
      metadata: { namespace: "default" },
      spec: { ...OF_ARENA.spec, scheduling: "Packed" },
      status: { state: "Allocated", address: "127.0.0.1", nodeName: "a", source: "local" },
    });
    const { gameServerName } = first.body.status as { gameServerName: string };
    expect(first.body.metadata).toMatchObject({ name: gameServerName });
    const server = api.store.get("GameServer", "default", gameServerName);
    expect(server?.status.state).toBe("Allocated");
    const second = await allocate();
    expect(second.body.status).not.toMatchObject({ gameServerName });
    const third = await allocate();
    expect([third.status, stateOf(third.body)]).toEqual([201, "UnAllocated"]);
  });

  it("gives one server to each of many at once", async () => {
    await ready(20);
    const answers = await Promise.all(Array.from({ length: 30 }, () => allocate()));
    const names = answers
      .filter(({ body }) => stateOf(body) === "Allocated")
      .map(({ body }) => (body.status as { gameServerName: string }).gameServerName);
    expect([names.length, new Set(names).size]).toEqual([20, 20]);
  });

  it("gives the same answer for the same key and body, word for word", async () => {
    await ready(3);
    const headers = { "idempotency-key": randomUUID() };
    const [a, b] = await Promise.all([allocate({ headers }), allocate({ headers })]);
    const later = await allocate({ headers });
    expect(new Set([a?.text, b?.text, later.text]).size).toBe(1);
    const other = await allocate({ headers, body: { spec: {} } });
    expect([other.status, other.body.reason]).toEqual([422, "KeyReused"]);
    const admin = await allocate({ headers, token: api.tokens.admin });
    expect(admin.text).not.toBe(a?.text);
    const long = await allocate({ headers: { "idempotency-key": "x".repeat(257) } });
    expect(long.status).toBe(400);
  });

  it("refuses what is wrong with all problems, what is elsewhere, and other bodies", async () => {
    const bad = await allocate({ body: { spec: { scheduling: "Loose", selectors: [{ x: 1 }] } } });
    expect([bad.status, bad.body.reason]).toEqual([422, "Invalid"]);
    const elsewhere = await allocate({ body: { ...OF_ARENA, metadata: { namespace: "other" } } });
    expect(elsewhere.status).toBe(400);
    expect((await allocate({ text: "{" })).status).toBe(400);
    expect((await allocate({ text: "[]" })).status).toBe(400);
    expect(
      (await allocate({ text: '{"spec":{"metadata":{"labels":{"__proto__":"x"}}}}' })).status,
    ).toBe(400);
    expect((await allocate({ text: " ".repeat(1024 * 1024 + 1) })).status).toBe(413);
  });

  it("allocates nothing on a dry run", async () => {
    await ready(1);
    const dry = await api.ask(`${PATH}?dryRun=All`, { method: "POST", body: OF_ARENA });
    expect([dry.status, stateOf(dry.body)]).toEqual([201, "UnAllocated"]);
    const strict = await api.ask(`${PATH}?fieldValidation=Strict`, {
      method: "POST",
      body: { spec: { ...OF_ARENA.spec, wat: 1 } },
    });
    expect(strict.status).toBe(422);
    expect(stateOf((await allocate()).body)).toBe("Allocated");
  });

  it("says plainly that the disk is full, and goes on when it is not", async () => {
    await ready(1);
    api.log.fail("full");
    const full = await allocate();
    expect([full.status, full.body.reason]).toEqual([507, "InsufficientStorage"]);
    api.log.fail("none");
    expect(stateOf((await allocate()).body)).toBe("Allocated");
  });
});

describe("an allocation by Agones' allocator service", () => {
  const gateway = (ask: Ask = {}) =>
    api.ask("/gameserverallocation", {
      method: "POST",
      token: api.tokens.allocate,
      body: {
        namespace: "default",
        gameServerSelectors: [{ matchLabels: { "agones.dev/fleet": "arena" } }],
      },
      ...ask,
    });

  it("answers in its JSON, unset fields included", async () => {
    await ready(1);
    const answer = await gateway();
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.body).sort()).toEqual([
      "address",
      "addresses",
      "counters",
      "gameServerName",
      "lists",
      "metadata",
      "nodeName",
      "ports",
      "source",
    ]);
    const none = await gateway();
    expect([none.status, none.body]).toEqual([
      429,
      { code: 8, message: "there is no available GameServer to allocate", details: [] },
    ]);
  });

  it("refuses in its form of an error", async () => {
    expect((await gateway({ text: "{" })).body).toMatchObject({ code: 3, details: [] });
    const invalid = await gateway({ body: { namespace: "UPPER" } });
    expect([invalid.status, invalid.body.code]).toEqual([400, 3]);
    const nobody = await gateway({ token: null });
    expect([nobody.status, nobody.body.code]).toEqual([401, 16]);
  });
});

describe("a batch of allocations", () => {
  const BATCH = "/v1/allocations:batch";
  const batch = (requests: unknown, headers: Record<string, string> = {}) =>
    api.ask(BATCH, { method: "POST", body: { requests }, token: api.tokens.allocate, headers });
  const namesOf = (body: unknown): string[] =>
    (body as { results: { status: { gameServerName: string } }[] }).results.map(
      ({ status }) => status.gameServerName,
    );

  it("is answered in the order of its requests, each server once", async () => {
    await ready(150);
    const other = { spec: { selectors: [{ matchLabels: { "agones.dev/fleet": "none" } }] } };
    const requests = Array.from({ length: 250 }, (_, i) => (i === 120 ? other : OF_ARENA));
    const { status, body } = await batch(requests);
    const names = namesOf(body);
    expect([status, names.length, names[120]]).toEqual([200, 250, ""]);
    const given = names.filter((name) => name !== "");
    expect([given.length, new Set(given).size]).toEqual([150, 150]);
  });

  it("is done once under one key, also when it comes twice at once", async () => {
    await ready(20);
    const headers = { "idempotency-key": randomUUID() };
    const requests = Array.from({ length: 5 }, () => OF_ARENA);
    const [a, b] = await Promise.all([batch(requests, headers), batch(requests, headers)]);
    const later = await batch(requests, headers);
    expect([b?.text, later.text]).toEqual([a?.text, a?.text]);
    expect(new Set(namesOf(a?.body)).size).toBe(5);
    const servers = api.store.list("GameServer");
    expect(servers.filter(({ status }) => status.state === "Allocated").length).toBe(5);
    const { body } = await batch([{ spec: {} }], headers);
    expect(body.results).toMatchObject([{ error: { reason: "KeyReused", code: 422 } }]);
  });

  it("waits for servers, each request for itself", async () => {
    await ready(1);
    const waiting = { spec: { ...OF_ARENA.spec, waitUpTo: 20 } };
    const asked = batch([waiting, OF_ARENA, waiting]);
    for (let tries = 0; tries < 200 && api.line.size < 1; tries++)
      await new Promise((resolve) => setTimeout(resolve, 5));
    await api.put(
      "GameServer",
      { metadata: { name: "late", labels: { "agones.dev/fleet": "arena" } }, spec: GAME_SPEC },
      { state: "Ready" },
    );
    expect(namesOf((await asked).body)).toEqual(["arena-0", "", "late"]);
  });

  // biome-ignore format: a table is read by its rows
  it.each<[string, unknown, string]>([
    ["no list", undefined, "requests must be a list of 1 to 1000 allocations: {\"requests\": [{\"spec\": {…}}]}"],
    ["an empty list", [], "requests must be a list of 1 to 1000 allocations: {\"requests\": [{\"spec\": {…}}]}"],
    ["too many", new Array(1_001).fill({}), "requests must be a list of 1 to 1000 allocations: {\"requests\": [{\"spec\": {…}}]}"],
    ["a wrong one among good ones", [OF_ARENA, { spec: { scheduling: "Loose" } }], 'requests[1]: GameServerAllocation is invalid: spec.scheduling: must be Packed or Distributed, found "Loose"'],
    ["a misspelt one", [{ spec: { selector: [] } }], "requests[0]: GameServerAllocation is invalid: spec.selector: is not a known field; did you mean selectors?"],
    ["no object", [1], "requests[0]: a GameServerAllocation must be an object, found 1"],
  ])("is refused whole with %s, and nothing is handed out", async (_, requests, message) => {
    await ready(1);
    const { status, body } = await batch(requests);
    expect([status >= 400 && status < 500, body.message]).toEqual([true, message]);
    expect(api.store.get("GameServer", "default", "arena-0")?.status.state).toBe("Ready");
  });
});

describe("an allocation that waits", () => {
  const waiting = { spec: { ...OF_ARENA.spec, waitUpTo: "20s" } };

  it("gets what becomes Ready, and its answer repeats what was asked", async () => {
    const asked = allocate({ body: waiting });
    for (let tries = 0; tries < 200 && api.line.size < 1; tries++)
      await new Promise((resolve) => setTimeout(resolve, 5));
    await ready(1);
    const { body } = await asked;
    expect([stateOf(body), (body.spec as { waitUpTo: string }).waitUpTo]).toEqual([
      "Allocated",
      "20s",
    ]);
  });

  it("takes nothing when its client has gone", async () => {
    const client = new AbortController();
    const gone = fetch(api.url + PATH, {
      method: "POST",
      body: JSON.stringify(waiting),
      headers: {
        authorization: `Bearer ${api.tokens.allocate}`,
        "content-type": "application/json",
      },
      signal: client.signal,
    });
    const ended = expect(gone).rejects.toThrow();
    for (let tries = 0; tries < 200 && api.line.size < 1; tries++)
      await new Promise((resolve) => setTimeout(resolve, 5));
    client.abort();
    await ended;
    for (let tries = 0; tries < 200 && api.line.size > 0; tries++)
      await new Promise((resolve) => setTimeout(resolve, 5));
    await ready(1);
    expect(api.line.size).toBe(0);
    expect(api.store.get("GameServer", "default", "arena-0")?.status.state).toBe("Ready");
  });

  it("waits over Agones' REST, too", async () => {
    const matchLabels = { "agones.dev/fleet": "arena" };
    const body = { gameServerSelectors: [{ matchLabels }], waitUpTo: "10ms" };
    const path = "/gameserverallocation";
    const { status } = await api.ask(path, { method: "POST", body, token: api.tokens.allocate });
    expect(status).toBe(429);
  });
});
