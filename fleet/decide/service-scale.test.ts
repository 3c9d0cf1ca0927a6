import { describe, expect, it } from "vitest";
import { made } from "../../core/model/admit-inputs.ts";
import type { Service } from "../../core/model/service.ts";
import { NO_MEMORY, rememberChange } from "./autoscale/behavior.ts";
import type { CpuReadings } from "./autoscale/want.ts";
import { decideServiceScale } from "./service-scale.ts";

const AT_ONCE = { scaleDown: { stabilizationWindowSeconds: 0 } };
function service(replicas: number, more: object = {}): Service {
  const autoscaling = {
    ...{ minReplicas: 2, maxReplicas: 8, cpu: { meanPercent: 50 }, behavior: AT_ONCE },
    ...more,
  };
  const template = { spec: { resources: { requests: { cpu: "500m" } } } };
  return made("Service", { spec: { replicas, autoscaling, template } });
}
/** Percent of the 500 thousandths that each asks for. */
const cpu = (...percents: readonly number[]): CpuReadings =>
  percents.map((percent) => ({ milli: percent * 5, ageMs: 0 }));
const old = { milli: 250, ageMs: 16_000 };
const decide = (one: Service, readings: CpuReadings) =>
  decideServiceScale(one, readings, NO_MEMORY, 0);

// biome-ignore format: one line per case
const CASES: [string, Service, CpuReadings, number, string][] = [
  ["adds replicas by the ratio of mean and target", service(3), cpu(100, 100, 100), 6, "ScaleUp"],
  ["removes them by it", service(6), cpu(20, 20, 30, 30, 25, 25), 3, "ScaleDown"],
  ["stays within a tenth of the target", service(3), cpu(54, 54, 54), 3, "Steady"],
  ["goes no further than the most", service(4), cpu(200, 200, 200, 200), 8, "ScalingLimited"],
  ["goes no lower than the least", service(4), cpu(0, 0, 0, 0), 2, "ScalingLimited"],
  ["begins with the least", service(1), [], 2, "ScalingLimited"],
  ["comes back into its bounds without a measurement", service(12), cpu(), 8, "ScalingLimited"],
  ["follows the busiest", service(2, { cpu: { p95Percent: 80 } }), cpu(10, 160), 4, "ScaleUp"],
  ["does not take a surge of a rolling update for a wish", service(3), cpu(40, 40, 40, 40), 3, "Steady"],
  ["does not give up replicas that only just start", service(6), cpu(60, 60), 6, "Steady"],
  ["waits for those on their way before it adds more", service(4), cpu(100, 100), 4, "Steady"],
  ["holds while nothing was measured", service(4), [undefined, undefined], 4, "MetricsMissing"],
  ["holds while measurements are too old", service(4), [old, old], 4, "MetricsStale"],
  ["holds while they are negative", service(4), cpu(-1, -1), 4, "MetricsAbsurd"],
  ["holds while they are no numbers", service(4), cpu(Number.NaN, 50, Number.NaN), 4, "MetricsAbsurd"],
  ["holds while they are a hundred times what can be", service(4), cpu(10_001), 4, "MetricsAbsurd"],
  ["takes what is unknown for idle on the way up", service(2), [...cpu(90), undefined], 2, "Steady"],
  ["takes what is unknown for busy on the way down", service(4), [...cpu(0, 0), undefined, undefined], 2, "ScaleDown"],
  ["rests at 0", service(0), cpu(500), 0, "PolicyInactive"],
];

describe("a service that scales on CPU", () => {
  it.each(CASES)("%s", (_, one, readings, desired, because) => {
    expect(decide(one, readings)).toMatchObject({ desired, because });
  });

  it("says its numbers in the words of replicas", () => {
    expect(decide(service(3), cpu(100, 100, 100))?.message).toBe(
      "CPU mean of 100% for a target of 50% want 6",
    );
    expect(decide(service(4), [undefined])?.message).toBe(
      "the CPU of 0 of 1 replicas is known (0 too old, 0 absurd); 4 stands",
    );
    expect(decide(service(1), [])?.message).toContain("no replica runs yet");
  });

  it("keeps to the steps of its behavior", () => {
    const step = { policies: [{ type: "Replicas", value: 1, periodSeconds: 60 }] };
    const slow = (replicas: number) => service(replicas, { behavior: { scaleUp: step } });
    const first = decide(slow(2), cpu(200, 200));
    expect(first).toMatchObject({ desired: 3, because: "StepLimited" });
    const memory = rememberChange(first?.memory ?? NO_MEMORY, 1, 0);
    const next = (now: number) => decideServiceScale(slow(3), cpu(200, 200, 200), memory, now);
    expect([next(59_000)?.desired, next(61_000)?.desired]).toEqual([3, 4]);
  });

  it("goes down only when nothing more was wanted for five minutes, when it is told nothing else", () => {
    const calm = service(6, { behavior: {} });
    let memory = NO_MEMORY;
    const wanted = Array.from({ length: 310 }, (_, second) => {
      const decision = decideServiceScale(
        calm,
        cpu(10, 10, 10, 10, 10, 10),
        memory,
        second * 1_000,
      );
      memory = decision?.memory ?? memory;
      return decision?.desired;
    });
    expect(wanted.lastIndexOf(6)).toBeGreaterThanOrEqual(299);
    expect(wanted.at(-1)).toBe(2);
  });

  it("is not there without autoscaling", () => {
    expect(decide(made("Service"), cpu(500))).toBeUndefined();
  });
});
