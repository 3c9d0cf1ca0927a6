import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LinkEvent, LinkKind, Report } from "../core/model/link.ts";
import { keyOf, refOf } from "../core/model/resource.ts";
import { systemClock } from "../core/std/clock.ts";
import { freePort } from "../core/std/free-port.ts";
import { silentLogger } from "../core/std/logger.ts";
import { NODE } from "../fleet/controller/controllers.fixture.ts";
import { LinkCache } from "../runtime/link/link-cache.ts";
import { LinkClient } from "../runtime/link/link-client.ts";
import { type ApiHarness, GAME_SPEC, openApi } from "./api.fixture.ts";

let api: ApiHarness;
let stop: AbortController;
const clients: LinkClient[] = [];
beforeEach(async () => {
  stop = new AbortController();
  api = await openApi({ bookmarkEveryMs: 20 }, 50);
});
afterEach(async () => {
  stop.abort();
  for (const client of clients.splice(0)) await client[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

function clientOf(
  node: string,
  more: { url?: string; token?: string; queueMax?: number } = {},
): LinkClient {
  const client = new LinkClient({
    url: api.url,
    token: api.tokens.agent,
    node,
    clock: systemClock,
    logger: silentLogger,
    backoff: { firstMs: 5, factor: 2, maxMs: 50 },
    queueMax: 1000,
    requestTimeoutMs: 20_000,
    silenceMaxMs: 20_000,
    streamsMax: 8,
    ...more,
  });
  clients.push(client);
  return client;
}

const ALL: readonly LinkKind[] = ["GameServer", "Container", "Network", "Image"];
/** A node that keeps what it hears. */
function listen(
  node: string,
  kinds = ALL,
): { cache: LinkCache; events: LinkEvent[]; client: LinkClient } {
  const client = clientOf(node);
  const cache = new LinkCache();
  const events: LinkEvent[] = [];
  const onEvent = (event: LinkEvent): void => {
    if (event.type !== "bookmark") events.push(event);
    cache.apply(event);
  };
  void client.watch(kinds, onEvent, stop.signal);
  return { cache, events, client };
}
const server = (name: string, nodeName: string) =>
  api.put("GameServer", { metadata: { name }, spec: GAME_SPEC }, { state: "Ready", nodeName });
async function until(claim: () => boolean): Promise<void> {
  while (!claim()) await systemClock.sleep(2);
}
const STATUS = { ...NODE, images: [] };

describe("the watch of a node", () => {
  it("gives the whole list, then a patch for a small change, and gone for what leaves", async () => {
    await server("a", "one");
    await server("b", "two");
    const { cache, events } = listen("one");
    await cache.synced;
    expect(cache.list("GameServer").map((g) => g.metadata.name)).toEqual(["a"]);
    const a = api.store.get("GameServer", "default", "a");
    if (!a) throw new Error("not there");
    const delta = { status: { state: "Allocated" } } as const;
    const object = { ...a, status: { ...a.status, ...delta.status } };
    const expected = a.metadata.resourceVersion;
    await api.store.commit([{ op: "update", object, expected, delta }]);
    await until(() => cache.get("GameServer", "default", "a")?.status.state === "Allocated");
    expect(cache.get("GameServer", "default", "a")).toEqual(
      api.store.get("GameServer", "default", "a"),
    );
    expect(events.map(({ type }) => type)).toEqual(["sync", "put", "synced", "patch"]);
    await api.store.commit([{ op: "delete", ref: refOf(a) }]);
    await until(() => cache.list("GameServer").length === 0);
    expect(events.at(-1)).toMatchObject({ type: "gone", key: keyOf(refOf(a)) });
  });

  it("tells every node what leads to a Service, not what its replicas are made of, and of changes to that only", async () => {
    const secret = { name: "PASSWORD", value: "hidden-word" };
    const template = { spec: { image: "web", env: [secret] } };
    const input = { metadata: { name: "web" }, spec: { ports: [{ port: 80 }], template } };
    const made = await api.put("Service", input, { address: "10.86.0.1" });
    const { cache, events } = listen("one", ["Service"]);
    await cache.synced;
    const leads = { address: "10.86.0.1", ports: made.status.ports };
    const told = () => cache.get("Service", "default", "web");
    expect(told()).toMatchObject({ spec: { ports: made.spec.ports }, status: leads });
    const update = async (status: object, delta?: object): Promise<void> => {
      const now = api.store.get("Service", "default", "web");
      if (!now) throw new Error("not there");
      const object = { ...now, status: { ...now.status, ...status } };
      const write = { op: "update", object, expected: now.metadata.resourceVersion } as const;
      await api.store.commit([delta ? { ...write, delta } : write]);
    };
    await update({ readyReplicas: 7 }, { status: { readyReplicas: 7 } });
    await update({ address: "10.86.0.2" });
    await until(() => told()?.status.address === "10.86.0.2");
    expect(events.map(({ type }) => type)).toEqual(["sync", "put", "synced", "put"]);
    expect(JSON.stringify(events)).not.toMatch(/hidden-word|readyReplicas/);
  });

  it("moves what changes its node from one to the other", async () => {
    const moved = await server("a", "one");
    const [one, two] = [listen("one"), listen("two")];
    await Promise.all([one.cache.synced, two.cache.synced]);
    const object = { ...moved, status: { ...moved.status, nodeName: "two" } };
    await api.store.commit([{ op: "update", object, expected: moved.metadata.resourceVersion }]);
    await until(() => two.cache.list("GameServer").length === 1);
    await until(() => one.cache.list("GameServer").length === 0);
  });

  it("resumes after a break without a new list, and with one when history has moved on", async () => {
    const one = listen("one");
    await one.cache.synced;
    await server("a", "one");
    await until(() => one.cache.list("GameServer").length === 1);
    api.app.server.closeAllConnections();
    await server("b", "one");
    await until(() => one.cache.list("GameServer").length === 2);
    expect(one.events.filter(({ type }) => type === "sync")).toHaveLength(1);
    stop.abort();
    stop = new AbortController();
    const { revision } = one.cache;
    for (let i = 0; i < 60; i++)
      await api.put("Network", { metadata: { name: `n${i}` }, spec: {} });
    const response = await fetch(`${api.url}/link/v1/nodes/one/watch?from=${revision}`, {
      headers: { authorization: `Bearer ${api.tokens.agent}` },
      signal: stop.signal,
    });
    const first = await response.body?.getReader().read();
    expect(new TextDecoder().decode(first?.value)).toMatch(/^\{"type":"sync"\}/);
  });

  it("starts again from a full list when a change fits nothing that is known", async () => {
    await server("a", "one");
    const client = clientOf("one");
    const types: string[] = [];
    const onEvent = (event: LinkEvent): void => {
      types.push(event.type);
      if (types.join() === "sync,put,synced") throw new Error("lost");
    };
    void client.watch(["GameServer"], onEvent, stop.signal);
    await until(() => types.filter((type) => type === "synced").length === 2);
    expect(types.filter((type) => type === "sync")).toHaveLength(2);
  });

  it("gives each of 200 nodes its own, every change, in order", async () => {
    await api[Symbol.asyncDispose]();
    api = await openApi({}, 2000);
    const nodes = Array.from({ length: 200 }, (_, i) => `node-${i}`);
    const listening = nodes.map((node) => listen(node, ["GameServer"]));
    await Promise.all(listening.map(({ cache }) => cache.synced));
    await Promise.all(
      nodes.flatMap((node) => [server(`${node}-a`, node), server(`${node}-b`, node)]),
    );
    for (const one of api.store.list("GameServer")) {
      const delta = { metadata: { labels: { seen: "yes" } } };
      const object = { ...one, metadata: { ...one.metadata, labels: { seen: "yes" } } };
      void api.store.commit([
        { op: "update", object, expected: one.metadata.resourceVersion, delta },
      ]);
    }
    await api.store.settled();
    const all = (cache: LinkCache) => cache.list("GameServer");
    await until(() =>
      listening.every(
        ({ cache }) => all(cache).filter((g) => g.metadata.labels?.seen).length === 2,
      ),
    );
    for (const [i, { cache, events }] of listening.entries()) {
      expect(all(cache).map((g) => g.status.nodeName)).toEqual([nodes[i], nodes[i]]);
      const revisions = events.flatMap((e) => ("revision" in e ? [e.revision] : []));
      expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
      for (const g of all(cache))
        expect(g).toEqual(api.store.get("GameServer", "default", g.metadata.name));
    }
  });

  it("cuts a reader that does not keep up", async () => {
    await api[Symbol.asyncDispose]();
    api = await openApi({ watchBufferBytesMax: 100_000 });
    const response = await fetch(`${api.url}/link/v1/nodes/one/watch`, {
      headers: { authorization: `Bearer ${api.tokens.agent}` },
      signal: stop.signal,
    });
    const big = "x".repeat(200_000);
    const open = (): Promise<boolean> =>
      api.ask("/metrics").then(({ text }) => !text.includes('flotilla_api_streams{kind="link"} 0'));
    for (let i = 0; await open(); i++)
      await api.put("Network", { metadata: { name: `n${i}`, annotations: { big } }, spec: {} });
    await expect(response.text()).rejects.toThrow();
  });
});

describe("what a node says", () => {
  const report = (name: string, uid: string, seen: Report["seen"] = "running"): Report => ({
    subject: { kind: "GameServer", namespace: "default", name, uid },
    seen,
    id: "abc",
    address: "10.87.0.2",
  });

  it("makes the Node, and moves its game servers on", async () => {
    const client = clientOf("one");
    await client.heartbeat(STATUS);
    expect(api.store.get("Node", "", "one")?.status.address).toBe(STATUS.address);
    const input = { metadata: { name: "a" }, spec: GAME_SPEC };
    const { metadata } = await api.put("GameServer", input, { state: "Starting", nodeName: "one" });
    expect(await client.report(report("a", metadata.uid))).toEqual({ ok: true });
    expect(api.store.get("GameServer", "default", "a")?.status.state).toBe("Scheduled");
    const subject = report("a", metadata.uid).subject;
    expect(await client.sdk({ verb: "ready", subject, id: "1" })).toEqual({ ok: true });
    expect(api.store.get("GameServer", "default", "a")?.status.state).toBe("RequestReady");
  });

  it("waits while the control plane is away, then goes in order and in few requests", async () => {
    await api[Symbol.asyncDispose]();
    // One that nobody else is given while nobody listens there.
    const port = await freePort();
    const client = clientOf("one", { url: `http://127.0.0.1:${port}`, queueMax: 700 });
    const subject = { kind: "GameServer", namespace: "default", name: "a", uid: "none" } as const;
    const order: number[] = [];
    const calls = Array.from({ length: 700 }, async (_, i) => {
      const call = { verb: "label", key: "n", value: String(i), subject, id: String(i) } as const;
      const result = await client.sdk(call);
      order.push(i);
      return result;
    });
    await expect(client.sdk({ verb: "ready", subject, id: "x" })).rejects.toMatchObject({
      code: "EXHAUSTED",
    });
    api = await openApi({}, 50, port);
    let requests = 0;
    api.app.server.on("request", () => requests++);
    const results = await Promise.all(calls);
    expect(results.every(({ ok }) => !ok)).toBe(true);
    expect(order).toEqual(calls.map((_, i) => i));
    expect(requests).toBe(2);
  });

  it("is given up when the link is closed", async () => {
    const client = clientOf("one", { url: "http://127.0.0.1:9" });
    const waiting = client.report(report("a", "b"));
    await client[Symbol.asyncDispose]();
    await expect(waiting).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await expect(client.report(report("a", "b"))).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  it.each([
    ["heartbeat", {}],
    ["heartbeat", []],
    ["reports", {}],
    ["reports", { reports: [{ seen: "running" }] }],
    ["reports", { reports: Array.from({ length: 501 }, () => ({})) }],
    ["sdk", { calls: [{ verb: "explode", id: "1", subject: report("a", "b").subject }] }],
    ["sdk", { calls: [{ verb: "reserve", id: "1", subject: report("a", "b").subject }] }],
  ] as const)("is refused when it is no %s", async (path, body) => {
    const before = api.store.revision;
    const answer = await api.ask(`/link/v1/nodes/one/${path}`, {
      method: "POST",
      token: api.tokens.agent,
      body,
    });
    expect([answer.status, api.store.revision]).toEqual([400, before]);
  });

  it("is final when the token is wrong: no endless tries", async () => {
    const client = clientOf("one", { token: "wrong" });
    await expect(client.report(report("a", "b"))).rejects.toMatchObject({
      code: "UNAUTHENTICATED",
    });
    const path = "/link/v1/nodes/UPPER..case/heartbeat";
    const name = await api.ask(path, { method: "POST", token: api.tokens.agent, body: STATUS });
    expect(name.status).toBe(400);
  });
});
