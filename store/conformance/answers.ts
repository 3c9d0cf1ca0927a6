import { describe, expect, it } from "vitest";
import type { Remembered } from "../resource-store.ts";
import { CONFORMANCE_OPTIONS, network, type Suite } from "./harness.ts";

/** Answers by idempotency key. */
export function describeAnswers({ adapter, inStore, makeHarness }: Suite): void {
  describe(`${adapter}: answers`, () => {
    const answer = (key: string, at = 1_000_000): Remembered => ({
      key,
      bodyHash: `hash of ${key}`,
      answer: `answer of ${key}`,
      at,
    });

    it("recalls an answer from the moment of its commit, also after a restart", async () => {
      await using harness = await makeHarness();
      {
        await using store = await harness.open(CONFORMANCE_OPTIONS);
        const commit = store.commit([{ op: "create", object: network("a") }], answer("k"));
        expect(store.recall("k")).toEqual(answer("k"));
        await commit;
        await store.commit([], answer("empty"));
      }
      await using store = await harness.open(CONFORMANCE_OPTIONS);
      expect([store.recall("k"), store.recall("empty")]).toEqual([answer("k"), answer("empty")]);
      expect(store.revision).toBe(1);
    });

    it("forgets answers that are too old and the oldest of too many", () =>
      inStore(async (store) => {
        await store.commit([], answer("old", 1_000_000 - 3_600_000));
        for (let i = 0; i < 21; i++) await store.commit([], answer(`k${i}`));
        expect(["old", "k0", "k1", "k20"].map((k) => store.recall(k)?.key)).toEqual([
          undefined,
          undefined,
          "k1",
          "k20",
        ]);
      }));
  });
}
