import { describe, expect, it } from "vitest";
import type { LinkEvent } from "../../core/model/link.ts";
import type { Network } from "../../core/model/network.ts";
import { LinkCache } from "./link-cache.ts";

function network(name: string, resourceVersion: string, uid: string = name): Network {
  return {
    apiVersion: "flotilla.dev/v1",
    kind: "Network",
    metadata: {
      name,
      namespace: "default",
      uid,
      resourceVersion,
      generation: 1,
      creationTimestamp: "",
    },
    spec: { outside: false },
    status: {},
  };
}
const put = (name: string, revision: number, uid?: string): LinkEvent => ({
  type: "put",
  revision,
  object: network(name, String(revision), uid),
});
const key = (name: string): string => `Network/default/${name}`;
function heard(cache: LinkCache): string[] {
  const lines: string[] = [];
  cache.onAny((k, object) => lines.push(`${k} ${object?.metadata.resourceVersion ?? "gone"}`));
  return lines;
}
const start = (): LinkCache => {
  const cache = new LinkCache();
  for (const event of [{ type: "sync" }, put("a", 1), put("b", 2), { type: "synced", revision: 2 }])
    cache.apply(event as LinkEvent);
  return cache;
};

describe("the cache of a node", () => {
  it("is empty until the whole list has come", async () => {
    const cache = new LinkCache();
    cache.apply({ type: "sync" });
    cache.apply(put("a", 1));
    expect(cache.list("Network")).toEqual([]);
    cache.apply({ type: "synced", revision: 1 });
    await cache.synced;
    expect(cache.get("Network", "default", "a")?.metadata.resourceVersion).toBe("1");
  });

  it("tells of changes once each, and keeps what it knows while a new list comes", () => {
    const cache = start();
    const lines = heard(cache);
    for (const event of [{ type: "sync" }, put("a", 1), put("c", 5)])
      cache.apply(event as LinkEvent);
    expect(cache.list("Network").map((n) => n.metadata.name)).toEqual(["a", "b"]);
    cache.apply({ type: "synced", revision: 5 });
    expect(lines).toEqual([`${key("c")} 5`, `${key("b")} gone`]);
    expect(cache.revision).toBe(5);
  });

  it("applies patches to the same life of a resource only", () => {
    const cache = start();
    const patch = { spec: { outside: true } };
    cache.apply({ type: "patch", revision: 3, key: key("a"), uid: "a", patch });
    const { spec, metadata } = cache.get("Network", "default", "a") ?? network("x", "0");
    expect([spec.outside, metadata.resourceVersion]).toEqual([true, "3"]);
    const other: LinkEvent = { type: "patch", revision: 4, key: key("a"), uid: "old", patch };
    expect(() => cache.apply(other)).toThrow("not known here");
    cache.apply({ type: "gone", revision: 5, key: key("a"), uid: "old" });
    expect(cache.get("Network", "default", "a")).toBeDefined();
    cache.apply({ type: "gone", revision: 6, key: key("a"), uid: "a" });
    expect(cache.get("Network", "default", "a")).toBeUndefined();
  });

  it("finds a subject by its uid, not by its name alone", () => {
    const cache = start();
    const subject = { kind: "GameServer", namespace: "default", name: "g", uid: "1" } as const;
    const object = { ...network("g", "3", "1"), kind: "GameServer" } as never;
    cache.apply({ type: "put", revision: 3, object });
    expect(cache.getSubject(subject)?.metadata.uid).toBe("1");
    expect(cache.getSubject({ ...subject, uid: "2" })).toBeUndefined();
  });

  it("tells a listener of its key, until it is disposed", () => {
    const cache = start();
    let count = 0;
    const listening = cache.onChange(key("a"), () => count++);
    cache.apply(put("b", 3));
    cache.apply(put("a", 4));
    listening[Symbol.dispose]();
    cache.apply(put("a", 5));
    expect(count).toBe(1);
  });
});
