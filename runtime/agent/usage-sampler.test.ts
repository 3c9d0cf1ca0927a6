import { expect, it } from "vitest";
import type { Usage } from "../../core/model/usage.ts";
import { FakeClock } from "../../core/std/fake-clock.ts";
import { silentLogger } from "../../core/std/logger.ts";
import { sampleUsage } from "./usage-sampler.ts";

it("sends what the driver counts once a second, and goes on after a failure", async () => {
  const clock = new FakeClock(0);
  const sent: Usage[] = [];
  let calls = 0;
  const machine = { cpuMicros: 9, memoryBytes: 8, load: 0.5 };
  const row = ["a", 1_500, 7, 2, 5, -1, -1, -1, -1, 8, -1, -1, -1, -1];
  const stop = new AbortController();
  const done = sampleUsage(
    {
      driver: {
        stats: async () => [
          {
            ...{ id: "a", cpuNanos: 1_500_000, memoryBytes: 7, pids: 2 },
            details: { throttledMicros: 5.4, readBytes: 8 },
          },
        ],
      },
      machine: () => machine,
      send: async (usage) => {
        calls++;
        if (calls === 2) throw new Error("the control plane is away");
        sent.push(usage);
      },
      clock,
      logger: silentLogger,
      everyMs: 1_000,
    },
    stop.signal,
  );
  for (let i = 0; i < 3; i++) await clock.advance(1_000);
  expect(calls).toBe(3);
  expect(sent).toEqual([
    { atMs: 1_000, rows: [row], machine },
    { atMs: 3_000, rows: [row], machine },
  ]);
  stop.abort(new Error("the test is over"));
  await done;
});
