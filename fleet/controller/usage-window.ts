import type { Usage, UsageRow } from "../../core/model/usage.ts";
import type { Clock } from "../../core/std/clock.ts";
import type { CpuReading } from "../decide/autoscale/want.ts";

/** Of one container's measurements the last is kept and, so far apart, some before: a reading is a mean over 12 to 16 s. */
const SAMPLES_MAX = 5;
const APART_MS = 4_000;
/** A reading out of less time than this says more about chance than about the container. */
const SPAN_MIN_MS = 1_500;
/** A node that was silent for so long is forgotten. */
const FORGET_AFTER_MS = 120_000;

interface Sample {
  readonly atMs: number;
  readonly cpuMicros: number;
}
interface Container {
  readonly samples: Sample[];
  memoryBytes: number;
  pids: number;
}
interface Node {
  /** When the last batch came, on this side's monotonic clock. */
  heardAt: number;
  containers: Map<string, Container>;
}
export interface UsageReading extends CpuReading {
  readonly memoryBytes: number;
  readonly pids: number;
}

/**
 * What containers used in the last seconds, as their nodes measured it. In memory only, and no more than was in the last
 * batch of each node. Numbers are kept as they came: who decides on them judges whether they can be.
 */
export class UsageWindow {
  readonly #clock: Clock;
  readonly #nodes = new Map<string, Node>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  take(node: string, { atMs, rows }: Usage): void {
    const now = this.#clock.monotonic();
    for (const [name, { heardAt }] of this.#nodes)
      if (heardAt < now - FORGET_AFTER_MS) this.#nodes.delete(name);
    const known = this.#nodes.get(node)?.containers;
    const containers = new Map(rows.map((row) => [row[0], follow(known?.get(row[0]), atMs, row)]));
    this.#nodes.set(node, { heardAt: now, containers });
  }

  /** Undefined while nothing, or too little, was measured. */
  of(node: string, id: string): UsageReading | undefined {
    const { heardAt, containers } = this.#nodes.get(node) ?? {};
    const found = containers?.get(id);
    const first = found?.samples[0];
    const last = found?.samples.at(-1);
    if (!found || !first || !last || heardAt === undefined) return undefined;
    const spanMs = last.atMs - first.atMs;
    if (spanMs < SPAN_MIN_MS) return undefined;
    const milli = (last.cpuMicros - first.cpuMicros) / spanMs;
    const { memoryBytes, pids } = found;
    return { milli, ageMs: this.#clock.monotonic() - heardAt, memoryBytes, pids };
  }
}

/** The node's clock goes back when the machine was started again: then what was measured before says nothing. */
function follow(
  known: Container | undefined,
  atMs: number,
  [, cpuMicros, memoryBytes, pids]: UsageRow,
): Container {
  const container = known ?? { samples: [], memoryBytes, pids };
  const { samples } = container;
  if ((samples.at(-1)?.atMs ?? 0) >= atMs) samples.length = 0;
  const before = samples.at(-2);
  if (before && atMs - before.atMs < APART_MS) samples.pop();
  samples.push({ atMs, cpuMicros });
  if (samples.length > SAMPLES_MAX) samples.shift();
  container.memoryBytes = memoryBytes;
  container.pids = pids;
  return container;
}
