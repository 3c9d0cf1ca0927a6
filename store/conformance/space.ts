import { describe, expect, it } from "vitest";
import type { StoreEvent, Write } from "../resource-store.ts";
import { CONFORMANCE_OPTIONS, names, network, type Suite } from "./harness.ts";

/** A storage that runs full and has space again. */
export function describeSpace({ adapter, makeHarness }: Suite): void {
  describe(`${adapter}: no space left`, () => {
    it("refuses, goes back to what is durable, and goes on when there is space again", async () => {
      await using harness = await makeHarness();
      const kept: string[] = [];
      const refused: string[] = [];
      {
        await using store = await harness.open(CONFORMANCE_OPTIONS);
        const bySubnet = store.index("Network", (n) => n.spec.subnet);
        const seen: StoreEvent[] = [];
        store.watch(0, (event) => {
          seen.push(event);
          if (seen.length > 40) seen.shift();
        });
        const attempt = async (name: string): Promise<boolean> => {
          const writes: Write[] = [{ op: "create", object: network(name, "full") }];
          const answer = { key: name, bodyHash: "", answer: "", at: 1_000_000 };
          const settled = store.commit(writes, answer).then(
            () => kept.push(name),
            (error: { code: string }) => {
              expect(error.code).toBe("STORAGE_FULL");
              refused.push(name);
            },
          );
          const read = store.settled().then(
            () => "durable",
            (error: { code: string }) => error.code,
          );
          await settled;
          expect(await read).toBe(refused.includes(name) ? "STORAGE_FULL" : "durable");
          return !refused.includes(name);
        };
        await harness.setFull(true);
        for (let i = 0; i < 5_000 && refused.length === 0; i++) await attempt(`n${i}`);
        await Promise.all(["x", "y", "z"].map(attempt));
        expect(refused).toHaveLength(4);
        expect(bySubnet.get("full").size).toBe(kept.length);
        expect(store.recall(refused[0] ?? "")).toBeUndefined();
        expect(
          store
            .list("Network")
            .map((n) => n.metadata.name)
            .sort(),
        ).toEqual([...kept].sort());
        const before = store.revision;
        await harness.setFull(false);
        expect(await attempt("after")).toBe(true);
        expect(store.revision).toBe(before + 1);
        expect(names(seen).at(-1)).toBe(`${before + 1} put after`);
      }
      await using store = await harness.open(CONFORMANCE_OPTIONS);
      expect(
        store
          .list("Network")
          .map((n) => n.metadata.name)
          .sort(),
      ).toEqual([...kept].sort());
    });
  });
}
