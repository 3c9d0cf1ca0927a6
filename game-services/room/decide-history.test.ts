import { expect, it } from "vitest";
import type { MapContent, MapHead } from "./collections.ts";
import { edited, PAST_CHARS_MAX, refsOf } from "./decide-history.ts";

const content: MapContent = { name: "m", width: 4, height: 4, tiles: [], objects: [] };
const NEW: MapHead = {
  ...{ creator: "ann", slot: 0, name: "m", width: 4, height: 4, access: "members", members: [] },
  ...{ published: false, version: 1, undo: [], redo: [], placed: [], born: "b" },
  current: { ref: "1", chars: 10, version: 1, at: 0, by: "ann", what: "made" },
  ...{ created_at: 0, updated_at: 0 },
};
/** A map after edits whose contents have so many characters. */
function after(...sizes: readonly number[]): { head: MapHead; dropped: readonly string[] } {
  let [head, dropped] = [NEW, [] as string[]];
  for (const [i, chars] of sizes.entries()) {
    const wrote = { ref: `${i + 2}`, chars, content, what: "changed" } as const;
    const next = edited(head, wrote, { by: "ann", at: 0 }, 5);
    head = next.head;
    dropped = [...dropped, ...next.dropped];
  }
  return { head, dropped };
}

it("keeps so many old contents of a map, and drops the oldest", () => {
  const { head, dropped } = after(10, 10, 10, 10, 10, 10);
  expect([refsOf(head), dropped]).toEqual([["2", "3", "4", "5", "6", "7"], ["1"]]);
});

it("keeps fewer where they are large, and always the present one", () => {
  const large = PAST_CHARS_MAX / 2;
  expect(refsOf(after(large, large, large).head)).toEqual(["2", "3", "4"]);
  expect(refsOf(after(large, large, large + 1, 10).head)).toEqual(["4", "5"]);
  expect(refsOf(after(PAST_CHARS_MAX + 1, 10, 10).head)).toEqual(["3", "4"]);
});

it("counts those from before they had a size as nothing", () => {
  const { chars: _, ...current } = NEW.current;
  const wrote = { ref: "2", chars: 10, content, what: "changed" } as const;
  const { head } = edited({ ...NEW, current }, wrote, { by: "ann", at: 0 }, 5);
  expect(refsOf(head)).toEqual(["1", "2"]);
});
