import type { ContainerMetric, MetricName } from "../../core/model/samples.ts";
import { type Random, seededRandom } from "../../core/std/random.ts";
import type { PlatformSample, SampledContainer, Samples } from "../samples/samples.ts";

const MIB = 1_048_576;
const QUIET: PlatformSample = {
  ...{
    allocations: 0,
    allocationP50: Number.NaN,
    allocationP99: Number.NaN,
    refused: 0,
    waiting: 0,
  },
  ...{ storeP99: Number.NaN, loopLag: 0, memory: 0, players: 0, rooms: 0 },
};

/** What a container does, second by second. */
export type Behaviour = (
  second: number,
  random: Random,
) => Partial<Record<ContainerMetric, number>>;

/** For tests: containers whose numbers follow behaviours, by seed. */
export class SyntheticSamples implements Samples {
  /** Metric by key of the container: one number per second. */
  readonly #series = new Map<string, Map<ContainerMetric, number[]>>();
  readonly #random: Random;
  readonly #behaviours: ReadonlyMap<string, Behaviour>;
  readonly #startedAtMs: number;
  #seconds = 0;
  readonly allocations: number[] = [];

  constructor(seed: number, startedAtMs: number, behaviours: Readonly<Record<string, Behaviour>>) {
    this.#random = seededRandom(seed);
    this.#startedAtMs = startedAtMs;
    this.#behaviours = new Map(Object.entries(behaviours));
  }

  get now(): number {
    return this.#startedAtMs + this.#seconds * 1_000;
  }

  /** One more second. */
  step(): void {
    for (const [key, behaviour] of this.#behaviours) {
      const numbers = behaviour(this.#seconds, this.#random);
      const series = this.#series.get(key) ?? new Map<ContainerMetric, number[]>();
      this.#series.set(key, series);
      for (const [metric, value] of Object.entries(numbers) as [ContainerMetric, number][]) {
        const known = series.get(metric);
        if (known) known.push(value);
        else series.set(metric, [value]);
      }
    }
    this.#seconds += 1;
  }

  *containers(): Iterable<SampledContainer> {
    for (const [key, series] of this.#series) {
      const [kind = "", namespace = "", name = ""] = key.split("/");
      yield {
        ...{ key, kind: kind as "GameServer" | "Container", namespace, name, uid: key, node: "n" },
        ...{ fleet: undefined, service: undefined, cpuLimit: 1_000, memoryLimit: 512 * MIB },
        latest: (metric) => series.get(metric)?.at(-1) ?? Number.NaN,
      };
    }
  }

  recent(key: string, metric: MetricName, points = 900): Float64Array {
    const series = this.#series.get(key)?.get(metric as ContainerMetric) ?? [];
    return Float64Array.from(series.slice(-points));
  }

  onSecond(): Disposable {
    return { [Symbol.dispose]: () => undefined };
  }

  platform(): PlatformSample {
    return QUIET;
  }
}

/** About `mean`, never below 0. */
function around(mean: number, spread: number, random: Random): number {
  return Math.max(0, mean + (random.next() + random.next() + random.next() - 1.5) * 2 * spread);
}

/** Bursts of some seconds, again and again. */
function burstyCpu(): Behaviour {
  let until = 0;
  let next = 0;
  return (second, random) => {
    if (second >= next) {
      until = second + random.integer(3, 25);
      next = until + random.integer(20, 90);
    }
    return { cpu: around(second < until ? 700 : 40, 20, random), memory: 80 * MIB, sent: 2_000 };
  };
}

/** A collector's saw-tooth: up to 160 MiB more, and down at once. */
function sawTooth(): Behaviour {
  let garbage = 0;
  return (_second, random) => {
    garbage = garbage > random.integer(100, 160) ? 0 : garbage + 1;
    return {
      memory: (150 + garbage) * MIB,
      cpu: around(garbage === 0 ? 250 : 60, 15, random),
      sent: 9_000,
    };
  };
}

/** Players come and go; all that it does follows them. */
function played(): Behaviour {
  let players = 0;
  return (second, random) => {
    if (second % 40 === 0) players = Math.max(0, Math.min(32, players + random.integer(-6, 6)));
    return {
      ...{ players, rooms: Math.ceil(players / 8), memory: (60 + players) * MIB },
      cpu: around(5 + 18 * players, 8, random),
      sent: around(40_000 * players, 20_000, random),
    };
  };
}

/** What containers of a quiet hour do. */
export function quietBehaviours(): Record<string, Behaviour> {
  const day = 86_400;
  return {
    "GameServer/default/idle": (_s, random) => ({
      ...{
        cpu: around(6, 3, random),
        memory: 40 * MIB,
        sent: around(300, 200, random),
        players: 0,
      },
    }),
    "Container/default/diurnal": (second, random) => {
      const share = 0.5 + 0.5 * Math.sin((2 * Math.PI * (second + day / 8)) / day);
      return {
        ...{ cpu: around(100 + 700 * share, 40, random), memory: (100 + 100 * share) * MIB },
        sent: around(5e6 * share, 4e5, random),
      };
    },
    "Container/default/bursty": burstyCpu(),
    "Container/default/collector": sawTooth(),
    "GameServer/default/played": played(),
    "Container/default/leaking": (second, random) => ({
      ...{ memory: 50 * MIB + second * 20_000, cpu: around(30, 10, random), sent: 100 },
    }),
    "Container/default/lost-points": (_s, random) => ({
      cpu: random.next() < 0.2 ? Number.NaN : around(300, 60, random),
      memory: random.next() < 0.2 ? Number.NaN : 90 * MIB,
    }),
  };
}

/** The same, but another from a second on. */
export function changedAt(
  at: number,
  before: Behaviour,
  after: Partial<Record<ContainerMetric, number>>,
): Behaviour {
  return (second, random) => ({ ...before(second, random), ...(second >= at ? after : {}) });
}
