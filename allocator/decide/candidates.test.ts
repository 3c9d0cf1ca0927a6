import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { GameServer } from "../../core/model/game-server.ts";
import { Candidates } from "./candidates.ts";

const serverOn = (nodeName: string, name: string): GameServer =>
  ({ metadata: { name }, status: { nodeName, state: "Ready" } }) as unknown as GameServer;
const loads = (on: Record<string, number>) => ({ allocatedOn: (node: string) => on[node] ?? 0 });

describe("Candidates", () => {
  it("packs onto the node with most Allocated, then with most to give, then by name", () => {
    const all = new Candidates();
    for (const [node, name] of [
      ["b", "1"],
      ["a", "2"],
      ["a", "3"],
      ["c", "4"],
    ] as const)
      all.add(serverOn(node, name));
    expect(all.pick("Packed", loads({ c: 2 }))?.metadata.name).toBe("4");
    expect(all.pick("Packed", loads({}))?.metadata.name).toBe("2");
    expect(all.pick("Distributed", loads({ a: 1, c: 2 }))?.metadata.name).toBe("1");
  });

  it("gives each server once and then none, whatever came and went before", () => {
    const names = fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), fc.nat(20)), { maxLength: 60 });
    fc.assert(
      fc.property(
        names,
        fc.constantFrom("Packed" as const, "Distributed" as const),
        (given, policy) => {
          const all = new Candidates();
          const wanted = new Set(given.map(([node, n]) => `${node}${n}`));
          for (const [node, n] of given) all.add(serverOn(node, `${node}${n}`));
          expect(all.size).toBe(wanted.size);
          const got = new Set<string>();
          for (let next = all.pick(policy, loads({})); next; next = all.pick(policy, loads({}))) {
            got.add(next.metadata.name);
            all.remove(next);
          }
          expect(got).toEqual(wanted);
          expect(all.size).toBe(0);
        },
      ),
    );
  });
});
