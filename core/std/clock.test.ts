import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { parseRfc3339, rfc3339, systemClock } from "./clock.ts";
import { FakeClock } from "./fake-clock.ts";

describe("a time in words", () => {
  it("is read as it was written", () => {
    expect(rfc3339(1_767_225_600_999)).toBe("2026-01-01T00:00:00Z");
    expect(parseRfc3339("2026-01-01T00:00:00Z")).toBe(1_767_225_600_000);
    expect(parseRfc3339("2026-01-01T09:00:00.250+09:00")).toBe(1_767_225_600_250);
  });

  it.each(["", "2026", "2026-01-01", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z", "now", "0"])(
    "is not %j",
    (text) => {
      expect(parseRfc3339(text)).toBeUndefined();
    },
  );
});

describe("the fake clock", () => {
  it("wakes sleepers in the order of their times, and those that sleep again within the time", async () => {
    const clock = new FakeClock(1_000);
    const seen: string[] = [];
    const sleep = async (name: string, ms: number, times: number): Promise<void> => {
      for (let i = 0; i < times; i++) {
        await clock.sleep(ms);
        seen.push(`${name}@${clock.now()}`);
      }
    };
    const all = [sleep("b", 30, 1), sleep("a", 20, 3)];
    await clock.advance(40);
    expect(seen).toEqual(["a@1020", "b@1030", "a@1040"]);
    expect([clock.now(), clock.monotonic(), clock.sleepers]).toEqual([1_040, 40, 1]);
    await clock.advance(20);
    await Promise.all(all);
  });

  it("jumps for people without waking anybody", async () => {
    const clock = new FakeClock(0);
    const sleeping = clock.sleep(10);
    clock.jump(100_000);
    expect([clock.now(), clock.monotonic(), clock.sleepers]).toEqual([100_000, 0, 1]);
    await clock.advance(10);
    await sleeping;
  });
});

it.each([
  ["the system's clock", systemClock],
  ["the fake clock", new FakeClock(0)],
])("a sleep on %s ends with its signal's reason", async (_, clock) => {
  const stop = new AbortController();
  const reason = new Error("enough");
  const sleeping = clock.sleep(60_000, stop.signal).catch((error: unknown) => error);
  await turn();
  stop.abort(reason);
  expect(await sleeping).toBe(reason);
  await expect(clock.sleep(1, stop.signal)).rejects.toBe(reason);
});
