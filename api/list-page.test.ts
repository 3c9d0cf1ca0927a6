import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Network } from "../core/model/network.ts";
import { listText, pageOf } from "./list-page.ts";

const network = ([namespace, name]: readonly [string, string]): Network => ({
  apiVersion: "flotilla.dev/v1",
  kind: "Network",
  metadata: {
    name,
    namespace,
    uid: `${namespace}/${name}`,
    resourceVersion: "1",
    generation: 1,
    creationTimestamp: "",
  },
  spec: { outside: false },
  status: {},
});
const word = fc.stringMatching(/^[a-c-]{1,3}$/);
const anyNetworks = fc
  .uniqueArray(fc.tuple(word, word), { selector: (pair) => pair.join("/") })
  .map((pairs) => pairs.map(network));
const all = (): boolean => true;

describe("pages", () => {
  it("together hold every match once, in order, whatever the size of a page", () => {
    fc.assert(
      fc.property(anyNetworks, fc.integer({ min: 1, max: 7 }), word, (networks, limit, wanted) => {
        const matches = (n: { metadata: { name: string } }): boolean => n.metadata.name !== wanted;
        const seen: string[] = [];
        let next: string | undefined;
        do {
          const page = pageOf(networks, matches, limit, next);
          expect(page.items.length).toBeLessThanOrEqual(limit);
          seen.push(...page.items.map(({ metadata }) => metadata.uid));
          expect(page.remaining).toBe(networks.filter(matches).length - seen.length);
          next = page.next;
        } while (next !== undefined);
        const expected = networks
          .filter(matches)
          .map(({ metadata }) => [metadata.namespace, metadata.name])
          .sort(([a, b], [c, d]) =>
            (a === c ? (b ?? "") < (d ?? "") : (a ?? "") < (c ?? "")) ? -1 : 1,
          );
        expect(seen).toEqual(expected.map((pair) => pair.join("/")));
      }),
    );
  });

  it("are one JSON text, however many parts it is sent in", () => {
    const networks = Array.from({ length: 450 }, (_, i) => network(["a", `n${i}`]));
    const parts = [...listText("Network", 7, pageOf(networks, all, 430, undefined))];
    expect(parts.length).toBe(5);
    const list = JSON.parse(parts.join(""));
    expect(list.items).toHaveLength(430);
    expect(list.metadata).toMatchObject({ resourceVersion: "7", remainingItemCount: 20 });
    const none = [...listText("Network", 7, pageOf([], all, 10, undefined))].join("");
    expect(JSON.parse(none)).toMatchObject({ kind: "NetworkList", items: [] });
  });
});
