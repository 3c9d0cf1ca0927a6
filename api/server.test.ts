import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../core/std/json.ts";
import { type ApiHarness, openApi } from "./api.fixture.ts";

let api: ApiHarness;
beforeAll(async () => {
  api = await openApi();
});
afterAll(() => api[Symbol.asyncDispose]());

describe("who may do what", () => {
  it("is said in one form, and never with the token", async () => {
    const without = await api.ask("/apis/agones.dev/v1/fleets", { token: null });
    expect(without.body).toMatchObject({ kind: "Status", code: 401, reason: "Unauthorized" });
    const { allocate } = api.tokens;
    const narrow = await api.ask("/apis/agones.dev/v1/fleets", { token: allocate });
    expect(narrow.body).toMatchObject({ kind: "Status", code: 403, reason: "Forbidden" });
    expect(narrow.body.message).toContain("admin or operator or viewer is needed");
    expect(narrow.text).not.toContain(allocate);
  });

  it("refuses foreign pages and borrowed names before it looks at the token", async () => {
    const foreign = await api.ask("/livez", { headers: { origin: "http://evil.example" } });
    expect(foreign.status).toBe(403);
    const socket = connect(Number(new URL(api.url).port), "127.0.0.1");
    socket.write("GET /livez HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    const [answer] = (await once(socket, "data")) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 403/);
    socket.destroy();
  });
});

describe("what is not there", () => {
  it("is 404 for an unknown path and 405 with the possible methods for a known one", async () => {
    const unknown = await api.ask("/apis/agones.dev/v1/namespaces/default/gameserverz");
    expect([unknown.status, unknown.body.kind]).toEqual([404, "Status"]);
    const fleets = "/apis/agones.dev/v1/namespaces/default/fleets";
    const method = await api.ask(fleets, { method: "DELETE" });
    expect([method.status, method.headers.get("allow")]).toEqual([405, "GET, POST"]);
    const allocations = "/apis/allocation.agones.dev/v1/namespaces/default/gameserverallocations";
    expect((await api.ask(allocations)).status).toBe(405);
  });
});

describe("malformed bodies", () => {
  const fleets = "/apis/agones.dev/v1/namespaces/default/fleets";
  const json = { "content-type": "application/json" };
  it.each([
    ["no body", "", json, 400],
    ["no JSON", "{", json, 400],
    ["a list", "[]", json, 400],
    ["null", "null", json, 400],
    ["a text", '"x"', json, 400],
    ["another kind", '{"kind":"GameServer"}', json, 400],
    ["a poisoned prototype", '{"__proto__":{"x":1}}', json, 400],
    ["YAML", "kind: Fleet", { "content-type": "application/yaml" }, 415],
    ["more than 1 MiB", `"${"x".repeat(1024 * 1024)}"`, json, 413],
    ["a deep nest", `${'{"spec":'.repeat(60_000)}1${"}".repeat(60_000)}`, json, 422],
  ] as const)(
    "%s is refused with one clear status and changes nothing",
    async (_, text, headers, status) => {
      const before = api.store.revision;
      const answer = await api.ask(fleets, { method: "POST", text, headers });
      expect(answer.status).toBe(status);
      expect(answer.body).toMatchObject({ kind: "Status", status: "Failure", code: status });
      expect(answer.body.message).toMatch(/^[a-zA-Z].*[^.]$/s);
      expect(api.store.revision).toBe(before);
    },
  );

  it("as a patch are refused too, however deep", async () => {
    await api.put("Network", { metadata: { name: "deep" }, spec: {} });
    const text = `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`;
    const headers = { "content-type": "application/merge-patch+json" };
    const path = "/apis/flotilla.dev/v1/namespaces/default/networks/deep";
    const answer = await api.ask(path, { method: "PATCH", text, headers });
    expect(answer.status).toBe(400);
  });
});

describe("what tools ask first", () => {
  it("are groups, kinds and the version", async () => {
    const groups = await api.ask("/apis");
    expect(groups.body).toMatchObject({ kind: "APIGroupList", groups: expect.any(Array) });
    const names = (groups.body.groups as { name: string }[]).map(({ name }) => name);
    expect(names).toContain("allocation.agones.dev");
    const resources = await api.ask("/apis/agones.dev/v1");
    expect(resources.body).toMatchObject({
      kind: "APIResourceList",
      groupVersion: "agones.dev/v1",
    });
    expect(resources.body.resources).toContainEqual(
      expect.objectContaining({ name: "fleets", kind: "Fleet", shortNames: ["flt"] }),
    );
    expect((await api.ask("/apis/agones.dev")).body).toMatchObject({ kind: "APIGroup" });
    expect((await api.ask("/apis/apps")).status).toBe(404);
    expect((await api.ask("/version")).body).toMatchObject({ gitVersion: "v0.0.0" });
  });

  it("are whether it lives and is ready, and its numbers", async () => {
    expect((await api.ask("/livez", { token: null })).status).toBe(200);
    expect((await api.ask("/readyz", { token: null })).status).toBe(200);
    api.wait("the journal is read");
    const waiting = await api.ask("/readyz", { token: null });
    expect([waiting.status, waiting.body.message]).toEqual([503, "not ready: the journal is read"]);
    expect((await api.ask("/livez", { token: null })).status).toBe(200);
    api.wait(undefined);
    await api.ask("/gameserverallocation", { method: "POST", body: {} });
    const { text } = await api.ask("/metrics");
    expect(text).toContain("agones_gameserver_allocations_duration_seconds_count");
    expect(text).toContain("nodejs_eventloop_lag_seconds");
  });

  it("is the description of the API: every path with its schema", async () => {
    const { body } = await api.ask("/openapi.json", { token: null });
    const { schemas } = body.components as { schemas: Record<string, JsonObject> };
    expect(Object.keys(schemas)).toEqual(expect.arrayContaining(["Fleet", "GameServer", "Event"]));
    expect(JSON.stringify(body)).not.toContain('"format":"quantity"');
    const refs = [...JSON.stringify(body).matchAll(/#\/components\/schemas\/(\w+)/g)];
    for (const [, name = ""] of refs) expect(schemas[name], name).toBeDefined();
  });
});

describe("events", () => {
  it("are listed for what they are about", async () => {
    const subject = { kind: "Fleet", namespace: "default", name: "arena" };
    api.events.record({ type: "Normal", reason: "ScaleUp", message: "1 to 2", subject });
    api.events.record({
      type: "Normal",
      reason: "Ready",
      message: "x",
      subject: { ...subject, name: "other" },
    });
    const path = "/apis/flotilla.dev/v1/namespaces/default/events";
    const found = await api.ask(
      `${path}?fieldSelector=involvedObject.name=arena,involvedObject.kind=Fleet`,
    );
    expect(found.body).toMatchObject({ kind: "EventList", items: [{ reason: "ScaleUp" }] });
    expect((await api.ask(`${path}?fieldSelector=message=x`)).status).toBe(400);
    expect((await api.ask(path, { method: "POST", body: {} })).status).toBe(405);
  });
});

describe("a server that stops", () => {
  it("answers what is under way first", async () => {
    const stopping = await openApi();
    const release = stopping.log.hold();
    const body = { metadata: { name: "last" }, spec: {} };
    const path = "/apis/flotilla.dev/v1/namespaces/default/networks";
    const write = stopping.ask(path, { method: "POST", body });
    while (!stopping.store.get("Network", "default", "last")) await new Promise(setImmediate);
    const closing = stopping.app.close();
    release();
    expect((await write).status).toBe(201);
    await closing;
    await stopping[Symbol.asyncDispose]();
  });
});
