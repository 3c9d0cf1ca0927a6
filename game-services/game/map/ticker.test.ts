import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Ticker } from "./ticker.ts";

const PERIOD = 100;
let late: number[];
let failed: unknown[];
let ticker: Ticker;
beforeEach(() => {
  vi.useFakeTimers();
  late = [];
  failed = [];
  ticker = new Ticker({
    periodMs: PERIOD,
    now: () => Date.now(),
    onTick: (lateMs) => late.push(lateMs),
    onError: (error) => failed.push(error),
  });
});
afterEach(() => {
  ticker[Symbol.dispose]();
  vi.useRealTimers();
});

describe("the heartbeat of rooms", () => {
  it("comes to each once a period, to one after the other", () => {
    const at = Array.from({ length: 8 }, () => [] as number[]);
    for (const times of at) ticker.add(() => times.push(Date.now()));
    vi.advanceTimersByTime(1000 + PERIOD);
    for (const times of at) {
      expect(times.length).toBeGreaterThanOrEqual(10);
      times.slice(1).forEach((time, i) => void expect(time - (times[i] ?? 0)).toBe(PERIOD));
    }
    expect(new Set(at.map(([first = 0]) => first % PERIOD)).size).toBe(8);
    expect(Math.max(...late)).toBe(0);
  });

  it("ends for a room that ends, and begins again when there is one", () => {
    let ticks = 0;
    const end = ticker.add(() => {
      ticks += 1;
    });
    vi.advanceTimersByTime(1000);
    end();
    const before = ticks;
    vi.advanceTimersByTime(1000);
    expect(ticks).toBe(before);
    expect(vi.getTimerCount()).toBe(0);
    ticker.add(() => {
      ticks += 1;
    });
    vi.advanceTimersByTime(1000);
    expect(ticks).toBeGreaterThanOrEqual(before + 9);
  });

  it("goes on for the others when one fails", () => {
    let ticks = 0;
    ticker.add(() => {
      throw new Error("a bug");
    });
    ticker.add(() => {
      ticks += 1;
    });
    vi.advanceTimersByTime(1000);
    expect(ticks).toBeGreaterThanOrEqual(9);
    expect(failed.length).toBeGreaterThanOrEqual(9);
  });

  it("catches up at once with those who became due while the process was busy", () => {
    const ticked: number[] = [];
    for (let room = 0; room < 8; room++)
      ticker.add(() => {
        ticked.push(room);
        if (ticked.length === 1) vi.setSystemTime(Date.now() + 32);
      });
    vi.advanceTimersToNextTimer();
    expect(ticked).toEqual([0]);
    vi.advanceTimersToNextTimer();
    expect(ticked).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it("lets others have the processor in between when it has much to catch up with", () => {
    let ticks = 0;
    for (let room = 0; room < 20; room++)
      ticker.add(() => {
        ticks += 1;
        vi.setSystemTime(Date.now() + (ticks === 1 ? 60 : 2));
      });
    vi.advanceTimersToNextTimer();
    const before = ticks;
    vi.advanceTimersToNextTimer();
    expect(ticks - before).toBe(3);
  });

  it("leaves out what it missed while the process stood still, and says how late it was", () => {
    let ticks = 0;
    ticker.add(() => {
      ticks += 1;
      if (ticks === 1) vi.setSystemTime(Date.now() + 10 * PERIOD);
    });
    vi.advanceTimersByTime(PERIOD);
    vi.advanceTimersByTime(PERIOD);
    expect(ticks).toBeLessThanOrEqual(3);
    expect(Math.max(...late)).toBeLessThanOrEqual(PERIOD);
  });
});
