import fc from "fast-check";
import { expect, it } from "vitest";
import { decideFailure, type Failures, lockedMs, NO_FAILURES } from "./decide-lockout.ts";

const BOUNDS = { failuresMax: 3, firstLockMs: 1_000, lockMsMax: 5_000 };
const after = (failures: number): Failures => {
  let kept = NO_FAILURES;
  for (let i = 0; i < failures; i++) kept = decideFailure(kept, 0, BOUNDS);
  return kept;
};

it.each([
  ["is open before anybody fails", 0, 0],
  ["is open after some failures", 2, 0],
  ["is locked at the bound", 3, 1_000],
  ["is locked for twice as long by the next one", 4, 2_000],
  ["is locked for longer and longer", 5, 4_000],
  ["is never locked for longer than the bound", 60, 5_000],
] as const)("%s", (_, failures, expected) => {
  expect(lockedMs(after(failures), 0)).toBe(expected);
});

it("opens again when the time is over", () => {
  expect([lockedMs(after(3), 999), lockedMs(after(3), 1_000)]).toEqual([1, 0]);
});

it("never lets more passwords be tried in a time than the bounds say", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(3_000), { maxLength: 100 }), (waits) => {
      let kept = NO_FAILURES;
      let now = 0;
      let tried = 0;
      for (const wait of waits) {
        now += wait;
        if (lockedMs(kept, now) > 0) continue;
        tried += 1;
        kept = decideFailure(kept, now, BOUNDS);
      }
      expect(tried).toBeLessThanOrEqual(BOUNDS.failuresMax + Math.floor(now / BOUNDS.firstLockMs));
    }),
  );
});
