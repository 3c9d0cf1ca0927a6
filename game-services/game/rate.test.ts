import { describe, expect, it } from "vitest";
import { CHAT_RATE, fullBucket, isAfter, taken } from "./rate.ts";

describe("a rate", () => {
  it("lets through the burst, then the rate", () => {
    let bucket = fullBucket(CHAT_RATE, 0);
    let passed = 0;
    for (let ms = 0; ms <= 10_490; ms += 10) {
      const left = taken(bucket, CHAT_RATE, ms);
      if (!left) continue;
      bucket = left;
      passed += 1;
    }
    expect(passed).toBe(CHAT_RATE.burst + 10 * CHAT_RATE.perSecond);
  });

  it("knows which of two packets is newer, over the wrap of the number too", () => {
    expect([isAfter(1, undefined), isAfter(5, 4), isAfter(4, 5), isAfter(5, 5)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect([isAfter(0, 0xffffffff), isAfter(0xffffffff, 0)]).toEqual([true, false]);
  });
});
