import fc from "fast-check";
import { expect, it } from "vitest";
import { Ranked } from "./ranked-servers.ts";
import { serverOf } from "./servers.fixture.ts";

const withRooms = (name: string, count: number) =>
  serverOf({ name, counters: { rooms: { count, capacity: 10 } } });
const countOf = (server: ReturnType<typeof withRooms>) => server.status.counters?.rooms?.count ?? 0;

it("always gives the first by the order, whatever came, changed and went", () => {
  const name = fc.constantFrom(..."abcdefghijkl");
  const step = fc.oneof(fc.record({ add: name, count: fc.nat(9) }), fc.record({ remove: name }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const ranked = new Ranked((a, b) =>
        countOf(a) === countOf(b) ? a.metadata.name < b.metadata.name : countOf(a) < countOf(b),
      );
      const model = new Map<string, number>();
      for (const one of steps) {
        if ("add" in one) {
          ranked.add(withRooms(one.add, one.count));
          model.set(one.add, one.count);
        } else expect(ranked.remove(one.remove)).toBe(model.delete(one.remove));
        const [first] = [...model].sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1));
        expect(ranked.first?.metadata.name).toBe(first?.[0]);
        expect(ranked.size).toBe(model.size);
        expect([...ranked.all()].map((s) => s.metadata.name).sort()).toEqual(
          [...model.keys()].sort(),
        );
      }
    }),
  );
});
