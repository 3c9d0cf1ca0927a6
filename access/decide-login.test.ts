import { describe, expect, it } from "vitest";
import { addressKey, afterFailure, type Tries, USER_LIMITS, waitOf } from "./decide-login.ts";

describe("how long a wrong login makes one wait", () => {
  it("doubles from the first that is too many, up to a bound, and is forgotten", () => {
    let tries: Tries | undefined;
    const waits: number[] = [];
    for (let i = 0; i < 16; i += 1) {
      tries = afterFailure(tries, USER_LIMITS, 0);
      waits.push(waitOf(tries, USER_LIMITS, 0) / 1_000);
    }
    expect(waits).toEqual([0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
    expect(waitOf(tries, USER_LIMITS, 299_000)).toBe(1_000);
    expect(afterFailure(tries, USER_LIMITS, USER_LIMITS.forgetMs + 1).failed).toBe(1);
  });

  it.each([
    ["10.0.0.1", "10.0.0.1"],
    ["::ffff:10.0.0.1", "10.0.0.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::9", "2001:db8:1:2::/64"],
    ["2001:0db8:0001:0002::9", "2001:db8:1:2::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
  ])("is one for %s and its household %s", (address, key) => {
    expect(addressKey(address)).toBe(key);
  });
});
