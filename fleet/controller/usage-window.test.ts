import { expect, it } from "vitest";
import { FakeClock } from "../../core/std/fake-clock.ts";
import { UsageWindow } from "./usage-window.ts";

const row = (id: string, cpuMicros: number) => [id, cpuMicros, 5_000, 3] as const;

it("tells a mean over the last seconds, and how old it is", async () => {
  const clock = new FakeClock(0);
  const usage = new UsageWindow(clock);
  for (let s = 0; s <= 40; s++)
    usage.take("a", { atMs: s * 1_000, rows: [row("busy", s < 24 ? 0 : (s - 24) * 500_000)] });
  expect(usage.of("a", "busy")).toEqual({ milli: 500, ageMs: 0, memoryBytes: 5_000, pids: 3 });
  await clock.advance(7_000);
  expect(usage.of("a", "busy")?.ageMs).toBe(7_000);
});

it("tells nothing of what was measured once, on another node, or never", () => {
  const usage = new UsageWindow(new FakeClock(0));
  usage.take("a", { atMs: 1_000, rows: [row("one", 5)] });
  expect(usage.of("a", "one")).toBeUndefined();
  usage.take("a", { atMs: 9_000, rows: [row("one", 5)] });
  expect(usage.of("a", "one")?.milli).toBe(0);
  expect([usage.of("b", "one"), usage.of("a", "two")]).toEqual([undefined, undefined]);
});

it("loses nothing with a lost batch, and begins anew with a node's clock", () => {
  const usage = new UsageWindow(new FakeClock(0));
  usage.take("a", { atMs: 1_000, rows: [row("one", 0)] });
  usage.take("a", { atMs: 9_000, rows: [row("one", 800_000)] });
  expect(usage.of("a", "one")?.milli).toBe(100);
  usage.take("a", { atMs: 10, rows: [row("one", 900_000)] });
  expect(usage.of("a", "one")).toBeUndefined();
});

it("keeps only what the last batch told of", async () => {
  const clock = new FakeClock(0);
  const usage = new UsageWindow(clock);
  for (const atMs of [1_000, 9_000]) usage.take("a", { atMs, rows: [row("one", atMs)] });
  usage.take("a", { atMs: 10_000, rows: [] });
  expect(usage.of("a", "one")).toBeUndefined();
});
