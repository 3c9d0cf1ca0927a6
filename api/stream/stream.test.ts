import { connect } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { GameServer } from "../../core/model/game-server.ts";
import type { Resource } from "../../core/model/resource.ts";
import { type ApiHarness, GAME_SPEC, openApi } from "../api.fixture.ts";
import { SseReader } from "./sse-reader.fixture.ts";

const SERVERS = 5_000;
let api: ApiHarness;
beforeAll(async () => {
  api = await openApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const page = (topics: string): Promise<SseReader> =>
  SseReader.open(api.url, api.tokens.admin, topics);
const newest = (name: string): GameServer | undefined =>
  api.store.get("GameServer", "default", name);

/** All of them in as few commits as there may be. */
async function commitAll(objects: readonly Resource[], isNew: boolean): Promise<void> {
  for (let i = 0; i < objects.length; i += 500)
    await api.store.commit(
      objects.slice(i, i + 500).map((object) => {
        const expected = object.metadata.resourceVersion;
        return isNew ? { op: "create", object } : { op: "update", object, expected };
      }),
    );
}

async function makeServers(): Promise<void> {
  const one = await api.put("GameServer", { metadata: { name: "s-0" }, spec: GAME_SPEC });
  const rest = Array.from({ length: SERVERS - 1 }, (_, i) => {
    const uid = `${String(i + 1).padStart(8, "0")}-0000-4000-8000-000000000000`;
    return { ...one, metadata: { ...one.metadata, name: `s-${i + 1}`, uid } };
  });
  await commitAll(rest, true);
}

function withState(state: GameServer["status"]["state"]): GameServer[] {
  return api.store
    .list("GameServer")
    .map((server) => ({ ...server, status: { ...server.status, state } }));
}

it("tells every change of 5,000 servers, coalesced, and the newest state at the end", async () => {
  await makeServers();
  await using first = await page("rows:GameServer");
  await using second = await page("rows:GameServer,rows:Fleet");
  await first.until(({ data }) => data.reset);
  await second.until(({ data }) => data.kind === "Fleet");
  const states = ["Starting", "Scheduled", "RequestReady", "Ready"] as const;
  for (const state of states) await commitAll(withState(state), false);
  for (const reader of [first, second]) {
    const rows = new Map<string, string>();
    const isWhole = (): boolean =>
      rows.size === SERVERS && [...rows.values()].every((state) => state === "Ready");
    await reader.until(({ event, data }) => {
      if (event === "rows") for (const row of data.changed ?? []) rows.set(row.name, row.state);
      return isWhole();
    });
    expect(isWhole()).toBe(true);
    const messages = reader.events.filter(({ data }) => data.changed).length;
    expect(messages).toBeLessThan(states.length * 10);
  }
});

it("tells what is gone, and a lone change with its row", async () => {
  await using reader = await page("rows:GameServer");
  await reader.until(({ data }) => data.reset);
  const [one, other] = [newest("s-1"), newest("s-2")];
  if (!one || !other) throw new Error("they are not there");
  const status = { ...one.status, state: "Allocated" as const, nodeName: "a" };
  const expected = one.metadata.resourceVersion;
  await api.store.commit([{ op: "update", object: { ...one, status }, expected }]);
  await api.store.commit([
    { op: "delete", ref: { kind: "GameServer", namespace: "default", name: "s-2" } },
  ]);
  const told = await reader.until(({ data }) => data.changed?.length > 0);
  expect(told.data.changed[0]).toMatchObject({ name: "s-1", state: "Allocated", node: "a" });
  await reader.until(({ data }) => data.gone?.includes(other.metadata.uid));
});

it("tells the overview, a subject's newest point, events, alerts and history", async () => {
  await using reader = await page("overview,samples:Platform//,events,alerts,history");
  const firsts = ["overview", "samples", "events", "alerts", "history"];
  for (const name of firsts) await reader.until(({ event }) => event === name);
  expect(reader.events.map(({ event }) => event)).toEqual(firsts);
  api.samples.tick(1_800_000_000_000);
  const overview = await reader.until(({ data }) => data.fleets && data.atMs === 1_800_000_000_000);
  expect(overview.data.containers).toEqual({ running: SERVERS - 1, total: SERVERS - 1 });
  const point = await reader.until(({ data }) => data.values?.waiting === 0);
  expect(point.data).toMatchObject({
    kind: "Platform",
    namespace: "",
    name: "",
    atMs: 1_800_000_000_000,
  });
  const subject = { kind: "Fleet", namespace: "default", name: "arena" };
  for (let i = 0; i < 300; i++)
    api.events.record({ type: "Normal", reason: "ScaleUp", message: `number ${i}`, subject });
  const { data } = await reader.until(({ event, data }) => event === "events" && !data.reset);
  expect(data.items).toHaveLength(100);
  expect(data.items.at(-1).message).toBe("number 299");
});

it.each([
  ["no topic", "", "topics must name what to follow"],
  ["one that there is none of", "rows:Planet", '"rows:Planet" is no topic'],
  ["a subject of no kind", "samples:Planet//x", "is no topic: there are overview"],
  [
    "too many",
    Array.from({ length: 40 }, (_, i) => `samples:Fleet/a/${i}`).join(","),
    "at most 32",
  ],
])("refuses %s", async (_, topics, message) => {
  const { status, body } = await api.ask(`/v1/stream?topics=${topics}`);
  expect([status, String(body.message)]).toEqual([400, expect.stringContaining(message)]);
});

it("skips a page that does not read, goes on for the others, and brings it up when it reads again", async () => {
  const { hostname, port } = new URL(api.url);
  const slow = connect(Number(port), hostname);
  slow.write(
    `GET /v1/stream?topics=rows:GameServer HTTP/1.1\r\nhost: ${hostname}:${port}\r\nauthorization: Bearer ${api.tokens.admin}\r\n\r\n`,
  );
  await new Promise((resolve) => slow.once("data", resolve));
  slow.pause();
  await using quick = await page("rows:GameServer");
  await quick.until(({ data }) => data.reset);
  const skipped = async (): Promise<number> => {
    const { text } = await api.metrics.show();
    return Number(/^flotilla_stream_skipped (\d+)$/m.exec(text)?.[1]);
  };
  for (let round = 0; (await skipped()) === 0 && round < 60; round++) {
    const state = round % 2 === 0 ? ("Reserved" as const) : ("Ready" as const);
    const count = quick.events.length;
    await commitAll(withState(state), false);
    await quick.until(() => quick.events.length > count);
  }
  expect(await skipped()).toBeGreaterThan(0);
  let text = "";
  const reset = new Promise<void>((resolve) => {
    slow.on("data", (piece) => {
      text = `${text.slice(-200)}${piece}`;
      if (text.includes('"reset":true')) resolve();
    });
  });
  slow.resume();
  await reset;
  slow.destroy();
}, 60_000);

it("ends all streams with the server, and counts them until then", async () => {
  await using own = await openApi();
  const reader = await SseReader.open(own.url, own.tokens.admin, "overview");
  const other = await SseReader.open(own.url, own.tokens.admin, "overview,events");
  await other.until(({ event }) => event === "events");
  const { text } = await own.metrics.show();
  expect(text).toContain('flotilla_api_streams{kind="page"} 2');
  expect(text).toContain("flotilla_stream_topics 2");
  await own.app.close();
  await Promise.all([reader.ended, other.ended]);
});
