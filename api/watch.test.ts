import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readNdjson } from "../runtime/link/ndjson.ts";
import { type ApiHarness, openApi } from "./api.fixture.ts";
import { decideWatchEvent } from "./watch.ts";

const NETWORKS = "/apis/flotilla.dev/v1/namespaces/default/networks";
interface Seen {
  readonly type: string;
  readonly object: {
    readonly metadata: { readonly name: string; readonly resourceVersion: string };
  };
}

let api: ApiHarness;
let stop: AbortController;
beforeEach(async () => {
  stop = new AbortController();
  api = await openApi({ bookmarkEveryMs: 10, watchesMax: 3 }, 20);
});
afterEach(async () => {
  stop.abort();
  await api[Symbol.asyncDispose]();
});

async function watch(query: string, path: string = NETWORKS): Promise<AsyncGenerator<Seen>> {
  const response = await fetch(`${api.url}${path}?watch=1&${query}`, {
    headers: { authorization: `Bearer ${api.tokens.admin}` },
    signal: stop.signal,
  });
  if (!response.ok || !response.body) throw new Error(await response.text());
  return readNdjson(response.body, 1e6) as AsyncGenerator<Seen>;
}
async function take(events: AsyncGenerator<Seen>, count: number): Promise<string[]> {
  const lines: string[] = [];
  while (lines.length < count) {
    const { value } = await events.next();
    lines.push(`${value.type} ${value.object.metadata.name}`);
  }
  return lines;
}
const make = (name: string, labels = {}) =>
  api.put("Network", { metadata: { name, labels }, spec: {} });

describe("a watch", () => {
  it("sends what is there, then every change in order", async () => {
    await make("a");
    const events = await watch("");
    expect(await take(events, 1)).toEqual(["ADDED a"]);
    await make("b");
    await api.ask(`${NETWORKS}/a`, {
      method: "PATCH",
      body: { spec: { outside: true } },
      headers: { "content-type": "application/merge-patch+json" },
    });
    await api.ask(`${NETWORKS}/a`, { method: "DELETE" });
    expect(await take(events, 3)).toEqual(["ADDED b", "MODIFIED a", "DELETED a"]);
  });

  it("resumes after the version of a list, and nothing is lost or doubled", async () => {
    await make("a");
    const { body } = await api.ask(NETWORKS);
    const { resourceVersion } = body.metadata as { resourceVersion: string };
    await make("b");
    const events = await watch(`resourceVersion=${resourceVersion}`);
    expect(await take(events, 1)).toEqual(["ADDED b"]);
    await make("c");
    expect(await take(events, 1)).toEqual(["ADDED c"]);
  });

  it("is 410 when history does not reach that far", async () => {
    const { resourceVersion } = (await make("a")).metadata;
    for (let i = 0; i < 30; i++) await make(`n${i}`);
    const late = await api.ask(`${NETWORKS}?watch=1&resourceVersion=${resourceVersion}`);
    expect([late.status, late.body.reason]).toEqual([410, "Expired"]);
  });

  it("shows what begins and ceases to match as added and deleted", async () => {
    const headers = { "content-type": "application/merge-patch+json" };
    const events = await watch("labelSelector=map%3Dsnow");
    await make("a");
    const label = (map: string | null) =>
      api.ask(`${NETWORKS}/a`, {
        method: "PATCH",
        headers,
        body: { metadata: { labels: { map } } },
      });
    await label("snow");
    await label("sand");
    expect(await take(events, 2)).toEqual(["ADDED a", "DELETED a"]);
  });

  it("sends bookmarks when asked, and ends when its time is over", async () => {
    const bookmarks = await watch("allowWatchBookmarks=true");
    for (let i = 0; i < 3; i++) expect((await bookmarks.next()).value.type).toBe("BOOKMARK");
    const seen = new Set<string>();
    for await (const { type } of await watch("allowWatchBookmarks=true&timeoutSeconds=1"))
      seen.add(type);
    expect(seen).toEqual(new Set(["BOOKMARK"]));
  });

  it("is bounded in number, and makes room when a reader leaves", async () => {
    for (let i = 0; i < 3; i++) await watch("");
    await expect(watch("")).rejects.toThrow("3 watches are open already");
    stop.abort();
    stop = new AbortController();
    while (!(await api.ask("/metrics")).text.includes('flotilla_api_streams{kind="watch"} 0'));
    await watch("");
  });

  it("sends events as they happen", async () => {
    const events = await watch(
      "fieldSelector=involvedObject.name%3Da",
      "/apis/flotilla.dev/v1/events",
    );
    const subject = { kind: "Network", namespace: "default", name: "b" };
    const event = { type: "Normal", reason: "Created", message: "made" } as const;
    api.events.record({ ...event, subject });
    api.events.record({ ...event, subject: { ...subject, name: "a" } });
    expect(await take(events, 1)).toEqual([expect.stringMatching(/^ADDED a\./)]);
  });

  it("ends in good order when the server stops", async () => {
    const events = await watch("");
    await api.app.close();
    expect((await events.next()).done).toBe(true);
  });
});

describe("what a change means to a watch", () => {
  it("gives a deleted object the revision of its deletion", async () => {
    const object = await make("a");
    const event = decideWatchEvent({ type: "delete", revision: 77, object }, () => true);
    expect([event?.type, event?.object.metadata.resourceVersion]).toEqual(["DELETED", "77"]);
  });
});
