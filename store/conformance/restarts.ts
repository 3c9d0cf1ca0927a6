import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StoreEvent } from "../resource-store.ts";
import { CONFORMANCE_OPTIONS, make, names, network, ref, type Suite } from "./harness.ts";
import { anyStep, sameAsMap } from "./model.ts";

/** What is found again when the storage is opened again. */
export function describeRestarts({ adapter, makeHarness }: Suite): void {
  describe(`${adapter}: restarts`, () => {
    it("goes on with the revisions and expires watches from before", async () => {
      await using harness = await makeHarness();
      {
        await using store = await harness.open(CONFORMANCE_OPTIONS);
        await make(store, "a");
        await make(store, "b");
        await store.commit([{ op: "delete", ref: ref("a") }]);
      }
      await using store = await harness.open(CONFORMANCE_OPTIONS);
      expect(store.revision).toBe(3);
      expect(() => store.watch(2, () => undefined)).toThrow(/revision 2 is no longer/);
      const seen: StoreEvent[] = [];
      store.watch(3, (event) => seen.push(event));
      await make(store, "c");
      expect(names(seen)).toEqual(["4 put c"]);
    });

    it("refuses commits after it was closed", async () => {
      await using harness = await makeHarness();
      const store = await harness.open(CONFORMANCE_OPTIONS);
      const last = store.commit([{ op: "create", object: network("a") }]);
      await store[Symbol.asyncDispose]();
      await last;
      const late = store.commit([{ op: "create", object: network("b") }]);
      await expect(late).rejects.toMatchObject({ code: "UNAVAILABLE" });
    });

    it("keeps equal parts of resources once, also what was read again", async () => {
      await using harness = await makeHarness();
      const options = { ...CONFORMANCE_OPTIONS, sharedPartsMax: 100 };
      {
        await using store = await harness.open(options);
        await make(store, "a");
        await make(store, "b");
        expect(store.get("Network", "default", "a")?.spec).toBe(
          store.get("Network", "default", "b")?.spec,
        );
      }
      await using store = await harness.open(options);
      const [a, b] = store.list("Network");
      expect(b?.metadata.name).not.toBe(a?.metadata.name);
      expect(b?.spec).toBe(a?.spec);
      expect(a?.spec).toEqual(network("a").spec);
    });

    // Hundreds of writes that each wait for the disk.
    it("is the same as a plain map, for any operations, deltas and restarts", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(anyStep(), { maxLength: 40 }), (steps) =>
          sameAsMap(makeHarness, steps),
        ),
        { numRuns: 20 },
      );
    }, 120_000);
  });
}
