import { describe, expect, it } from "vitest";
import type {
  FleetAutoscalerPolicy,
  FleetAutoscalerSpec,
  PolicyStatus,
  ScalingBehavior,
  ScalingRules,
} from "../../core/model/fleet-autoscaler.ts";
import { NO_MEMORY, rememberChange, type ScaleMemory } from "./autoscale/behavior.ts";
import { factsOf, sumOf } from "./autoscale/facts.fixture.ts";
import type { CpuReadings, FleetFacts } from "./autoscale/want.ts";
import { decideScale, type ScaleDecision } from "./autoscaler.ts";

const rules = (more: Partial<ScalingRules>): ScalingRules => ({
  stabilizationWindowSeconds: 0,
  selectPolicy: "Max",
  policies: [],
  ...more,
});
const behaviorOf = (up: Partial<ScalingRules>, down: Partial<ScalingRules>): ScalingBehavior => ({
  scaleUp: rules(up),
  scaleDown: rules(down),
});
/** What admission gives to policies of ours. */
const CAREFUL = behaviorOf({}, { stabilizationWindowSeconds: 300 });
const PLAYERS: FleetAutoscalerPolicy = {
  type: "Players",
  players: { type: "List", key: "players", perServer: 10, minReplicas: 0, maxReplicas: 200 },
};
const CPU: FleetAutoscalerPolicy = {
  type: "CPU",
  cpu: { meanPercent: 50, minReplicas: 1, maxReplicas: 200, staleAfterSeconds: 15 },
};
const specOf = (
  policy: FleetAutoscalerPolicy,
  behavior?: ScalingBehavior,
): FleetAutoscalerSpec => ({
  fleetName: "arena",
  policy,
  ...(behavior ? { behavior } : {}),
  sync: { type: "FixedInterval", fixedInterval: { seconds: 30 } },
});

/** A fleet under an autoscaler, a look per second; servers are there a few seconds after they are wanted. */
class Play {
  readonly #spec: FleetAutoscalerSpec;
  readonly #factsAt: (second: number, running: number) => Partial<FleetFacts>;
  #memory: ScaleMemory = NO_MEMORY;
  #last: readonly PolicyStatus[] = [];
  /** Wanted replicas at the end of each second. */
  readonly wanted: number[];
  readonly decisions: ScaleDecision[] = [];

  constructor(
    spec: FleetAutoscalerSpec,
    first: number,
    factsAt: (second: number, running: number) => Partial<FleetFacts>,
  ) {
    this.#spec = spec;
    this.#factsAt = factsAt;
    this.wanted = [first];
  }

  run(seconds: number): this {
    for (let i = 0; i < seconds; i++) this.#look(this.wanted.length);
    return this;
  }

  #look(second: number): void {
    const current = this.wanted.at(-1) ?? 0;
    const running = Math.min(current, this.wanted.at(-STARTS_AFTER) ?? this.wanted[0] ?? 0);
    const given = this.#factsAt(second, running);
    const facts = factsOf({ replicas: current, ...given, current });
    const state = { last: this.#last, memory: this.#memory };
    const ms = second * 1_000;
    const decision = decideScale(this.#spec, facts, state, { now: ms, monotonic: ms });
    const by = decision.desired - current;
    this.#memory = by === 0 ? decision.memory : rememberChange(decision.memory, by, ms);
    this.#last = decision.policies;
    this.decisions.push(decision);
    this.wanted.push(decision.desired);
  }

  /** How many times the fleet turned from growing to shrinking or back. */
  turns(): number {
    const signs = this.wanted
      .map((count, i) => Math.sign(count - (this.wanted[i - 1] ?? count)))
      .filter((sign) => sign !== 0);
    return signs.filter((sign, i) => i > 0 && sign !== signs[i - 1]).length;
  }
}
const STARTS_AFTER = 5;
const HOUR = 3_600;
const seats = (count: number): Partial<FleetFacts> => ({
  template: { lists: { players: { values: [], capacity: 20 } } },
  lists: { players: sumOf(count, 4_000) },
});
/** Load in percent of a core, spread over what runs. */
const load = (percent: number, running: number): Partial<FleetFacts> => {
  const milli = running === 0 ? 0 : (percent * 10) / running;
  return { cpu: (): CpuReadings => Array.from({ length: running }, () => ({ milli, ageMs: 0 })) };
};

describe("an autoscaler over a virtual hour", () => {
  it("turns once for a spike of ten times, and is up in the same second", () => {
    const spike = (s: number): number => (s >= 600 && s < 720 ? 1_000 : 100);
    const play = new Play(specOf(PLAYERS, CAREFUL), 10, (s) => seats(spike(s))).run(HOUR);
    expect(play.wanted[600]).toBe(100);
    expect(play.turns()).toBe(1);
    expect(play.wanted.at(-1)).toBe(10);
  });

  it("does not follow a sawtooth of two minutes down", () => {
    const saw = (s: number): number => 100 + (s % 120) * 10;
    const play = new Play(specOf(PLAYERS, CAREFUL), 10, (s) => seats(saw(s))).run(HOUR);
    expect(play.turns()).toBe(0);
    expect(play.wanted.at(-1)).toBe(Math.ceil(saw(119) / 10));
  });

  it("would follow every tooth of it without a window", () => {
    const saw = (s: number): number => 100 + (s % 120) * 10;
    const play = new Play(specOf(PLAYERS), 10, (s) => seats(saw(s))).run(HOUR);
    expect(play.turns()).toBeGreaterThan(50);
  });

  it("settles on CPU, though every server that it adds changes what it measures", () => {
    const jump = (s: number): number => (s < 600 ? 200 : s < 1_800 ? 2_000 : 400);
    const play = new Play(specOf(CPU, CAREFUL), 4, (s, running) => load(jump(s), running)).run(
      HOUR,
    );
    expect(play.wanted[1_790]).toBeGreaterThanOrEqual(37);
    expect(play.wanted[1_790]).toBeLessThanOrEqual(44);
    expect(play.wanted.at(-1)).toBeLessThanOrEqual(9);
    expect(play.turns()).toBe(1);
  });

  it("does not move while measurements fail, and goes on when they are back", () => {
    const outage = (s: number): boolean => s >= 600 && s < 1_800;
    const blind = [
      (running: number): CpuReadings => Array.from({ length: running }, () => undefined),
      (running: number): CpuReadings =>
        Array.from({ length: running }, () => ({ milli: Number.NaN, ageMs: 0 })),
      (running: number): CpuReadings =>
        Array.from({ length: running }, () => ({ milli: -500, ageMs: 0 })),
      (running: number): CpuReadings =>
        Array.from({ length: running }, () => ({ milli: 5e6, ageMs: 0 })),
      (running: number): CpuReadings =>
        Array.from({ length: running }, () => ({ milli: 0, ageMs: 60_000 })),
    ];
    const play = new Play(specOf(CPU, CAREFUL), 10, (s, running) =>
      outage(s) ? { cpu: () => blind[s % blind.length]?.(running) ?? [] } : load(500, running),
    ).run(HOUR);
    expect(new Set(play.wanted)).toEqual(new Set([10]));
    const reasons = new Set(play.decisions.slice(600, 1_700).map(({ because }) => because));
    expect(reasons).toEqual(new Set(["MetricsMissing", "MetricsAbsurd", "MetricsStale"]));
    expect(play.decisions.at(-1)?.because).toBe("Steady");
  });

  it("never asks for fewer than are held, whatever is measured", () => {
    const held = (s: number): number => Math.round(20 + 15 * Math.sin(s / 200));
    const policy: FleetAutoscalerPolicy = {
      type: "Max",
      max: [
        { id: "players", ...PLAYERS },
        { id: "cpu", ...CPU },
      ],
    };
    const play = new Play(specOf(policy, CAREFUL), 20, (s, running) => ({
      ...seats(s % 7 === 0 ? Number.NaN : 0),
      ...load(s % 5 === 0 ? Number.NaN : 0, running),
      held: held(s),
      allocated: held(s),
    })).run(HOUR);
    const short = play.wanted.filter((wanted, s) => s > 0 && wanted < held(s));
    expect(short).toEqual([]);
  });

  it("goes to zero, wakes for a waiting request, and goes back to zero", () => {
    const down = behaviorOf({}, { stabilizationWindowSeconds: 60 });
    const waits = (s: number): number => (s >= 1_000 && s < 1_030 ? 1 : 0);
    const plays = (s: number): number => (s >= 1_030 && s < 2_000 ? 3 : 0);
    const play = new Play(specOf(PLAYERS, down), 5, (s) => ({
      ...seats(plays(s)),
      demand: waits(s),
      held: plays(s) > 0 ? 1 : 0,
    })).run(HOUR);
    expect(play.wanted[900]).toBe(0);
    expect(play.wanted[1_000]).toBe(1);
    expect(play.wanted[1_999]).toBe(1);
    expect(play.wanted.at(-1)).toBe(0);
    expect(play.turns()).toBe(2);
  });
});

describe("behavior", () => {
  const steps = (type: "Replicas" | "Percent", value: number, periodSeconds: number) => ({
    policies: [{ type, value, periodSeconds }],
  });

  it("adds at most so many servers in each period", () => {
    const slow = behaviorOf(steps("Replicas", 4, 60), {});
    const play = new Play(specOf(PLAYERS, slow), 0, () => seats(200)).run(130);
    expect([1, 59, 61, 62, 121, 122].map((s) => play.wanted[s])).toEqual([4, 4, 8, 8, 12, 12]);
    expect(play.decisions[10]).toMatchObject({ because: "StepLimited", againInMs: 1_000 });
  });

  it("removes at most such a share in each period", () => {
    const slow = behaviorOf({}, steps("Percent", 10, 60));
    const play = new Play(specOf(PLAYERS, slow), 100, () => seats(0)).run(130);
    expect([1, 60, 61, 121].map((s) => play.wanted[s])).toEqual([90, 90, 81, 72]);
  });

  it("takes the widest or the narrowest of several steps, as it is told", () => {
    const both = [
      { type: "Replicas", value: 4, periodSeconds: 60 },
      { type: "Percent", value: 100, periodSeconds: 60 },
    ] as const;
    const first = (selectPolicy: "Max" | "Min" | "Disabled"): number | undefined =>
      new Play(specOf(PLAYERS, behaviorOf({ policies: both, selectPolicy }, {})), 10, () =>
        seats(900),
      ).run(1).wanted[1];
    expect([first("Max"), first("Min"), first("Disabled")]).toEqual([20, 14, 10]);
  });

  it("waits on the way up when it is told to", () => {
    const wait = behaviorOf({ stabilizationWindowSeconds: 30 }, {});
    const play = new Play(specOf(PLAYERS, wait), 1, (s) => seats(s === 5 ? 10 : 100)).run(60);
    expect(play.wanted[30]).toBe(1);
    expect(play.wanted[40]).toBe(10);
  });

  it("lets the bounds hold whatever it says", () => {
    const never = behaviorOf({}, { selectPolicy: "Disabled" });
    const play = new Play(specOf(PLAYERS, never), 500, () => seats(0)).run(1);
    expect(play.wanted[1]).toBe(200);
  });

  it("is not there for Agones' policies: every wish is followed at once", () => {
    const policy = {
      type: "Buffer",
      buffer: { bufferSize: 2, minReplicas: 0, maxReplicas: 50 },
    } as const;
    const play = new Play(specOf(policy), 2, (s) => ({ allocated: s % 2 === 0 ? 20 : 0 })).run(4);
    expect(play.wanted.slice(1)).toEqual([2, 22, 2, 22]);
  });

  it("keeps its memory small in a burst of looks", () => {
    const spec = specOf(PLAYERS, CAREFUL);
    let memory = NO_MEMORY;
    for (let ms = 0; ms < 20_000; ms++) {
      const facts = factsOf({ ...seats(ms % 900), replicas: 10 });
      const decision = decideScale(spec, facts, { last: [], memory }, { now: ms, monotonic: ms });
      memory = rememberChange(decision.memory, 1, ms);
    }
    expect(memory.wishes.length).toBeLessThanOrEqual(62);
    expect(memory.changes.length).toBeLessThanOrEqual(22);
  });
});

it("wants no more servers than a fleet may have, whatever room a policy asks for", () => {
  const counter = { key: "rooms", bufferSize: 5, minCapacity: 1e12, maxCapacity: 1e12 };
  const rooms = { count: 0, capacity: 1 };
  const facts = factsOf({ replicas: 1, template: { counters: { rooms } } });
  const spec = specOf({ type: "Counter", counter });
  const time = { now: 0, monotonic: 0 };
  const decision = decideScale(spec, facts, { last: [], memory: NO_MEMORY }, time);
  expect(decision).toMatchObject({ desired: 1_000_000, because: "ScalingLimited" });
});
