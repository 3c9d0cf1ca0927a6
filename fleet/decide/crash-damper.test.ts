import { describe, expect, it } from "vitest";
import type { GameServer } from "../../core/model/game-server.ts";
import {
  type CrashBounds,
  type CrashMemory,
  hasCrashedEarly,
  heldBack,
  NO_CRASHES,
  rememberCrashes,
} from "./crash-damper.ts";

const BOUNDS: CrashBounds = { earlyMs: 10_000, firstMs: 1_000, maxMs: 30_000, forgetMs: 60_000 };
const crash = (memory: CrashMemory, now: number, count = 1): CrashMemory =>
  rememberCrashes(memory, count, now, BOUNDS);

describe("servers that crash at once", () => {
  it("are made anew after 1, 2, 4 … 30 s when each one crashes again", () => {
    let memory = NO_CRASHES;
    let now = 5_000;
    const waits = Array.from({ length: 7 }, () => {
      memory = crash(memory, now);
      const { leftMs } = heldBack(memory, now);
      now += leftMs;
      expect(heldBack(memory, now - 1).owed).toBe(1);
      expect(heldBack(memory, now).owed).toBe(0);
      return leftMs;
    });
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  it("that fall over one cause are one round", () => {
    const memory = crash(crash(NO_CRASHES, 0, 8), 400, 3);
    expect(heldBack(memory, 400)).toEqual({ owed: 11, leftMs: 600 });
    expect(memory.rounds).toBe(1);
  });

  it("are forgotten when none crashed for a while", () => {
    const third = crash(crash(crash(NO_CRASHES, 0), 1_000), 3_000);
    expect(third.rounds).toBe(3);
    expect(crash(third, 3_000 + BOUNDS.forgetMs).rounds).toBe(1);
    expect(crash(third, 2_999 + BOUNDS.forgetMs).rounds).toBe(4);
  });

  it("cost nothing when there are none", () => {
    expect(crash(NO_CRASHES, 7, 0)).toBe(NO_CRASHES);
    expect(heldBack(NO_CRASHES, 7)).toEqual({ owed: 0, leftMs: 0 });
  });
});

describe("what counts as a crash at once", () => {
  const server = (state: string, reason: string): GameServer =>
    ({ status: { state, reason } }) as unknown as GameServer;

  it.each([
    ["a program that ended", "Unhealthy", "Exited", 3, true],
    ["one that took too much memory", "Unhealthy", "OOMKilled", 3, true],
    ["one that ended later", "Unhealthy", "Exited", 10, false],
    ["one of the future", "Unhealthy", "Exited", -1, false],
    ["a lost node", "Unhealthy", "NodeLost", 3, false],
    ["missed pings", "Unhealthy", "HealthFailed", 3, false],
    ["a start that failed, which waits anyway", "Error", "StartFailed", 3, false],
  ])("%s", (_, state, reason, seconds, expected) => {
    expect(hasCrashedEarly(server(state, reason), seconds * 1_000, BOUNDS)).toBe(expected);
  });
});
