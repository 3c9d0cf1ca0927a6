import fc from "fast-check";
import { expect, it } from "vitest";
import { RateLimit } from "./rate-limit.ts";

function limitAt(time: { ms: number }, perMinute: number, keysMax = 100): (key: string) => boolean {
  const limit = new RateLimit({ perMinute, keysMax, now: () => time.ms });
  return (key) => {
    try {
      limit.take(key);
      return true;
    } catch (error) {
      expect(error).toMatchObject({ code: "EXHAUSTED", message: "too many requests" });
      return false;
    }
  };
}

it("lets a minute's worth through at once, then one for each part of a minute", () => {
  const time = { ms: 0 };
  const take = limitAt(time, 3);
  expect([1, 2, 3, 4].map(() => take("a"))).toEqual([true, true, true, false]);
  expect(take("b")).toBe(true);
  time.ms += 19_999;
  expect(take("a")).toBe(false);
  time.ms += 1;
  expect([take("a"), take("a")]).toEqual([true, false]);
});

it("says when to come again, and then it works", () => {
  const time = { ms: 0 };
  const limit = new RateLimit({ perMinute: 2, keysMax: 9, now: () => time.ms });
  limit.take("a");
  limit.take("a");
  expect(() => limit.take("a")).toThrow(
    expect.objectContaining({ details: { retryAfterSeconds: 30 } }),
  );
  time.ms += 30_000;
  limit.take("a");
});

it("has no limit at 0, and remembers a bounded number of keys", () => {
  const free = limitAt({ ms: 0 }, 0);
  expect(Array.from({ length: 1_000 }, () => free("a"))).not.toContain(false);
  const take = limitAt({ ms: 0 }, 1, 2);
  expect(["a", "b", "b", "c", "a"].map(take)).toEqual([true, true, false, true, true]);
});

it("never lets more through than a burst and what time has brought", () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 30_000 }), { maxLength: 60 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), gaps, (perMinute, waits) => {
      const time = { ms: 0 };
      const take = limitAt(time, perMinute);
      let taken = 0;
      for (const wait of waits) {
        time.ms += wait;
        if (take("a")) taken += 1;
      }
      expect(taken).toBeLessThanOrEqual(perMinute + (time.ms * perMinute) / 60_000 + 1e-6);
    }),
  );
});
