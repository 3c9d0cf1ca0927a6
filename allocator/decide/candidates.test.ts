import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { GameServer } from "../../core/model/game-server.ts";
import { Candidates } from "./candidates.ts";
import { serverOf } from "./servers.fixture.ts";

const serverOn = (nodeName: string, name: string): GameServer =>
  ({ metadata: { name }, status: { nodeName, state: "Ready" } }) as unknown as GameServer;
/** Loads that the test changes while they are held. */
function loads() {
  const on: Record<string, { allocated: number }> = {};
  const loadOf = (node: string) => {
    on[node] ??= { allocated: 0 };
    return on[node];
  };
  return { loadOf };
}

describe("Candidates", () => {
  it("packs onto the node with most Allocated, then with most to give, then by name", () => {
    const { loadOf } = loads();
    const all = new Candidates({ loadOf });
    for (const [node, name] of [
      ["b", "1"],
      ["a", "2"],
      ["a", "3"],
      ["c", "4"],
    ] as const)
      all.add(serverOn(node, name));
    expect(all.pick("Packed")?.metadata.name).toBe("2");
    loadOf("c").allocated = 2;
    expect(all.pick("Packed")?.metadata.name).toBe("4");
    loadOf("a").allocated = 1;
    expect(all.pick("Distributed")?.metadata.name).toBe("1");
  });

  it("compares by priorities within a node, and over all nodes with Distributed", () => {
    const { loadOf } = loads();
    const rooms = { type: "Counter", key: "rooms", order: "Ascending" } as const;
    const all = new Candidates({ loadOf }, [rooms]);
    const add = (node: string, name: string, count?: number): void =>
      all.add(
        serverOf({
          node,
          name,
          ...(count === undefined ? {} : { counters: { rooms: { count, capacity: 10 } } }),
        }),
      );
    add("a", "1");
    add("a", "2", 3);
    add("a", "3", 8);
    add("b", "4", 9);
    expect(all.pick("Packed")?.metadata.name).toBe("3");
    expect(all.pick("Distributed")?.metadata.name).toBe("4");
    add("b", "4", 0);
    expect(all.pick("Distributed")?.metadata.name).toBe("3");
    const others = (one: GameServer) => one.metadata.name < "3";
    expect(all.pick("Packed", others)?.metadata.name).toBe("2");
    loadOf("b").allocated = 1;
    expect(all.pick("Packed")?.metadata.name).toBe("4");
    expect(all.pick("Packed", others)?.metadata.name).toBe("2");
  });

  it("gives each server once and then none, whatever came and went before", () => {
    const names = fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), fc.nat(20)), { maxLength: 60 });
    fc.assert(
      fc.property(
        names,
        fc.constantFrom("Packed" as const, "Distributed" as const),
        (given, policy) => {
          const all = new Candidates(loads());
          const wanted = new Set(given.map(([node, n]) => `${node}${n}`));
          for (const [node, n] of given) all.add(serverOn(node, `${node}${n}`));
          expect(all.size).toBe(wanted.size);
          const got = new Set<string>();
          for (let next = all.pick(policy); next; next = all.pick(policy)) {
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
