import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LoadPlatform } from "../platform/load-platform.ts";
import { startOwnPlatform } from "../platform/own-platform.ts";
import type { RunResult } from "../report/run-result.ts";
import type { Progress } from "../scenario.ts";
import { backendFaults } from "./backend/backend-faults.ts";
import { faults } from "./faults.ts";

const quiet: Progress = { say: () => undefined, second: () => undefined };

describe("the game's backend under players who come and go", () => {
  let platform: LoadPlatform;
  let run: Partial<RunResult>;

  beforeAll(async () => {
    const { parts, backings, changes = {} } = faults;
    platform = await startOwnPlatform({
      ...{ parts, images: [], backings: backings?.smoke ?? [], changes },
    });
    const began = performance.now();
    const nowMs = (): number => performance.now() - began;
    const { signal } = new AbortController();
    run = await backendFaults(platform, "smoke", { nowMs, progress: quiet, signal });
  }, 400_000);
  afterAll(() => platform?.[Symbol.asyncDispose](), 60_000);

  it("has a login replica killed, and Redis where there is one, and says so where there is none", () => {
    const whats = run.faults?.map(({ what }) => what) ?? [];
    const why = platform.missing.get("redis");
    expect(whats).toEqual([
      "kill -9 of one of two login replicas",
      ...(why === undefined ? ["kill -9 of Redis"] : []),
    ]);
    expect(run.notes).toEqual(why === undefined ? [] : [`kill -9 of Redis was left out: ${why}`]);
    for (const { backAfterMs = 0 } of run.faults ?? []) expect(backAfterMs).toBeGreaterThan(0);
  });

  it("throws nobody out who plays, and lets newcomers in when what was killed is back", () => {
    const thresholds = run.thresholds ?? [];
    expect(thresholds.filter(({ passed }) => !passed)).toEqual([]);
    expect(thresholds.length).toBeGreaterThanOrEqual(2 * (run.faults?.length ?? 99));
    for (const { lost } of run.faults ?? [])
      expect(lost["newcomers who came in"]).toBeGreaterThan(0);
    expect(run.steps?.["journey: reply"]?.count).toBeGreaterThan(0);
  });
});
