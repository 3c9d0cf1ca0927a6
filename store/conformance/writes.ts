import { describe, expect, it } from "vitest";
import type { Write } from "../resource-store.ts";
import { make, network, ref, type Suite, withSubnet } from "./harness.ts";

/** Compare-and-swap of single resources. */
export function describeSwaps({ adapter, inStore }: Suite): void {
  describe(`${adapter}: compare-and-swap`, () => {
    it("gives each written resource the next revision as its version", () =>
      inStore(async (store) => {
        const a = await make(store, "a");
        const [b] = await store.commit([withSubnet(a, "10.2.0.0/24")]);
        expect([a.metadata.resourceVersion, b?.metadata.resourceVersion]).toEqual(["1", "2"]);
        expect(store.revision).toBe(2);
        expect(store.get("Network", "default", "a")).toBe(b);
      }));

    it("refuses an update decided on an older version", () =>
      inStore(async (store) => {
        const a = await make(store, "a");
        const first = store.commit([withSubnet(a, "10.2.0.0/24")]);
        const second = store.commit([withSubnet(a, "10.3.0.0/24")]);
        await expect(second).rejects.toMatchObject({ code: "CONFLICT" });
        await first;
        expect(store.get("Network", "default", "a")?.spec.subnet).toBe("10.2.0.0/24");
      }));

    it("refuses to create what exists and to change or delete what does not", () =>
      inStore(async (store) => {
        const a = await make(store, "a");
        const again = store.commit([{ op: "create", object: a }]);
        await expect(again).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
        const missing = { ...network("b"), metadata: { ...network("b").metadata } };
        const update = store.commit([{ op: "update", object: missing, expected: "1" }]);
        await expect(update).rejects.toMatchObject({ code: "NOT_FOUND" });
        const gone = store.commit([{ op: "delete", ref: ref("b") }]);
        await expect(gone).rejects.toMatchObject({ code: "NOT_FOUND" });
        const stale = store.commit([{ op: "delete", ref: ref("a"), expected: "9" }]);
        await expect(stale).rejects.toMatchObject({ code: "CONFLICT" });
        expect(store.list("Network")).toEqual([a]);
      }));
  });
}

/** Atomic groups, lists and the bounds of a commit. */
export function describeWriteBounds({ adapter, inStore }: Suite): void {
  describe(`${adapter}: groups and bounds`, () => {
    it("changes all of a group or nothing", () =>
      inStore(async (store) => {
        const a = await make(store, "a");
        const heads: string[] = [];
        store.onHead((_, after) => heads.push(after?.metadata.name ?? "gone"));
        const group: Write[] = [
          { op: "create", object: network("b") },
          { op: "delete", ref: ref("a"), expected: "7" },
        ];
        await expect(store.commit(group)).rejects.toMatchObject({ code: "CONFLICT" });
        expect([store.revision, heads, store.list("Network")]).toEqual([1, [], [a]]);
        await store.commit([group[0] as Write, { op: "delete", ref: ref("a"), expected: "1" }]);
        expect([store.revision, heads, store.count("Network")]).toEqual([3, ["b", "gone"], 1]);
      }));

    it("lists by namespace and counts", () =>
      inStore(async (store) => {
        await store.commit([
          { op: "create", object: network("a") },
          { op: "create", object: network("a", "10.9.0.0/24", "other") },
        ]);
        expect(store.list("Network", "other").map((n) => n.spec.subnet)).toEqual(["10.9.0.0/24"]);
        expect(store.list("Network", "none")).toEqual([]);
        expect([store.count("Network"), store.count("Fleet")]).toEqual([2, 0]);
      }));

    it("refuses a commit that is too large and stays as it was", () =>
      inStore(async (store) => {
        const huge = store.commit([{ op: "create", object: network("a", "x".repeat(9_001)) }]);
        await expect(huge).rejects.toMatchObject({ code: "TOO_LARGE" });
        expect([store.revision, store.count("Network")]).toEqual([0, 0]);
      }));

    it("refuses commits over the bound of those that wait", () =>
      inStore(
        async (store) => {
          const some = ["a", "b", "c"].map((n) =>
            store.commit([{ op: "create", object: network(n) }]),
          );
          const outcomes = await Promise.allSettled(some);
          expect(outcomes.map((o) => o.status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
          expect(outcomes[2]).toMatchObject({ reason: { code: "EXHAUSTED" } });
        },
        { waitingMax: 2 },
      ));
  });
}
