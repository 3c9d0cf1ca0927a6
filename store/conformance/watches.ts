import { describe, expect, it } from "vitest";
import type { Network } from "../../core/model/network.ts";
import type { StoreEvent } from "../resource-store.ts";
import { make, names, network, ref, type Suite, withSubnet } from "./harness.ts";

/** What the head and watches show, and when. */
export function describeWatches({ adapter, inStore }: Suite): void {
  describe(`${adapter}: head, durability and watches`, () => {
    it("shows a change in the head at once and in a watch only when it is durable", () =>
      inStore(async (store) => {
        const seen: StoreEvent[] = [];
        store.watch(0, (event) => seen.push(event));
        const commit = store.commit([{ op: "create", object: network("a") }]);
        expect(store.get("Network", "default", "a")?.metadata.resourceVersion).toBe("1");
        await Promise.resolve();
        expect(seen).toEqual([]);
        await store.settled(1);
        expect(names(seen)).toEqual(["1 put a"]);
        await commit;
        await store.settled();
      }));

    it("gives each watch every change once, in order, with before and delta", () =>
      inStore(async (store) => {
        const seen: StoreEvent[] = [];
        store.watch(0, (event) => seen.push(event));
        const a = await make(store, "a");
        const [b] = await store.commit([withSubnet(a, "10.2.0.0/24")]);
        await store.commit([{ op: "delete", ref: ref("a") }]);
        expect(names(seen)).toEqual(["1 put a", "2 put a", "3 delete a"]);
        expect(seen[1]).toEqual({
          type: "put",
          revision: 2,
          object: b,
          before: a,
          delta: { spec: { subnet: "10.2.0.0/24" } },
          deltaText: '{"spec":{"subnet":"10.2.0.0/24"}}',
        });
      }));

    it("resumes a watch after any revision of the history without a gap or a repetition", () =>
      inStore(async (store) => {
        for (const name of ["a", "b", "c", "d"]) await make(store, name);
        const seen: StoreEvent[] = [];
        const last = store.commit([{ op: "create", object: network("e") }]);
        const watch = store.watch(2, (event) => seen.push(event));
        expect(seen).toEqual([]);
        await last;
        expect(names(seen)).toEqual(["3 put c", "4 put d", "5 put e"]);
        watch[Symbol.dispose]();
        await make(store, "f");
        expect([seen.length, watch.closed]).toEqual([3, true]);
      }));
  });
}

/** Watches that expire and listeners that fail. */
export function describeWatchFailures({ adapter, inStore }: Suite): void {
  describe(`${adapter}: watches that cannot go on or fail`, () => {
    it("says EXPIRED when the history does not reach back, and for a revision to come", () =>
      inStore(
        async (store) => {
          for (const name of ["a", "b", "c", "d", "e"]) await make(store, name);
          const seen: StoreEvent[] = [];
          const code = (from: number) => {
            try {
              store.watch(from, (event) => seen.push(event))[Symbol.dispose]();
              return "watched";
            } catch (error) {
              return (error as { code: string }).code;
            }
          };
          const codes = [0, 1, 2, 5, 6].map(code);
          expect(codes).toEqual(["EXPIRED", "EXPIRED", "watched", "watched", "EXPIRED"]);
        },
        { historyMax: 3 },
      ));

    it("gives everything of a commit that is larger than the history, also who has just come", () =>
      inStore(
        async (store) => {
          const seen: string[][] = [];
          const follow = (from: number): void => {
            const mine: string[] = [];
            seen.push(mine);
            store.watch(from, (event) => {
              mine.push(...names([event]));
              // Who comes in the middle of it must not lose what lies between.
              if (seen.length === 1) follow(event.revision);
            });
          };
          follow(0);
          const five = ["a", "b", "c", "d", "e"];
          await store.commit(five.map((name) => ({ op: "create", object: network(name) })));
          await store.settled();
          const all = five.map((name, i) => `${i + 1} put ${name}`);
          expect(seen).toEqual([all, all.slice(1)]);
        },
        { historyMax: 3 },
      ));

    it("does not let a listener that throws hurt the others", () =>
      inStore(async (store) => {
        const seen: StoreEvent[] = [];
        store.watch(0, () => {
          throw new Error("a bad listener");
        });
        store.onHead(() => {
          throw new Error("another one");
        });
        store.watch(0, (event) => seen.push(event));
        await make(store, "a");
        await make(store, "b");
        expect(names(seen)).toEqual(["1 put a", "2 put b"]);
      }));

    it("lets a listener commit, and gives it the outcome afterwards", () =>
      inStore(async (store) => {
        const seen: string[] = [];
        const reactions: Promise<unknown>[] = [];
        store.watch(0, ({ object, revision }) => {
          seen.push(`in ${revision}`);
          if (revision === 1) {
            const next = withSubnet(object as Network, "10.2.0.0/24");
            reactions.push(store.commit([next]));
          }
          seen.push(`out ${revision}`);
        });
        await make(store, "a");
        await Promise.all(reactions);
        expect(seen).toEqual(["in 1", "out 1", "in 2", "out 2"]);
      }));
  });
}

/** Indexes in step with the head. */
export function describeIndexes({ adapter, inStore }: Suite): void {
  describe(`${adapter}: indexes`, () => {
    it("keeps an index in step with the head, whenever it was made", () =>
      inStore(async (store) => {
        const a = await make(store, "a", "x");
        await make(store, "b", "x");
        const bySubnet = store.index("Network", (n) =>
          n.spec.subnet === "none" ? undefined : n.spec.subnet,
        );
        const read = () =>
          [...bySubnet.keys()]
            .map((k) => `${k}:${[...bySubnet.get(k)].map((n) => n.metadata.name).sort()}`)
            .sort();
        expect(read()).toEqual(["x:a,b"]);
        const moved = store.commit([withSubnet(a, "y")]);
        expect(read()).toEqual(["x:b", "y:a"]);
        await moved;
        await store.commit([{ op: "delete", ref: ref("b") }]);
        const [left] = store.list("Network");
        await store.commit([withSubnet(left as Network, "none")]);
        expect([read(), bySubnet.get("x").size]).toEqual([[], 0]);
      }));
  });
}
