import fc from "fast-check";
import { expect, it } from "vitest";
import type { Resource } from "../core/model/resource.ts";
import { pageAfter } from "./page-after.ts";

const named = (name: string): Resource =>
  ({ metadata: { namespace: "default", name } }) as unknown as Resource;

it("has everything once, in order, over its pages, whatever the order before", () => {
  const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 5 }), { maxLength: 60 });
  fc.assert(
    fc.property(names, fc.integer({ min: 1, max: 7 }), (all, limit) => {
      const resources = all.map(named);
      const seen: string[] = [];
      for (let after = "", hasMore = true; hasMore; ) {
        const found = pageAfter(resources, after, limit);
        seen.push(...found.page.map(({ one }) => one.metadata.name));
        expect(found.page.length).toBeLessThanOrEqual(limit);
        after = found.page.at(-1)?.place ?? "";
        hasMore = found.hasMore;
      }
      expect(seen).toEqual(all.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
    }),
  );
});
