import type { HistoryRow } from "../../core/model/history.ts";
import { formatBytes, formatMilli } from "../../core/model/quantity.ts";
import type { ContainerMetric } from "../../core/model/samples.ts";
import type { SampledContainer, Samples } from "../samples/samples.ts";
import type { Finding } from "./alert-book.ts";
import {
  type AnomalyMetric,
  type Baseline,
  baselineOf,
  HISTORY_POINTS,
  isLikeLoad,
  NEWEST_POINTS,
  STREAK_POINTS,
  scoreOf,
} from "./decide-anomaly.ts";

const WINDOW_SECONDS = 900;
const REFRESH_MS = 60_000;
/** A new level is normal after so long. */
const FROZEN_MS = 900_000;
/** Baselines that are computed in one second. */
const BASELINES_MAX = 60;

const MIB = 1_048_576;
interface WatchedMetric {
  readonly metric: ContainerMetric;
  readonly direction: AnomalyMetric["direction"];
  readonly what: string;
  readonly floor: (container: SampledContainer) => number;
  readonly format: (value: number) => string;
}
const perSecond = (value: number): string => `${formatBytes(Math.round(value))}/s`;
const milli = (value: number): string => formatMilli(Math.round(value));
const bytes = (value: number): string => formatBytes(Math.round(value));
/** What is watched, and what difference means nothing. */
const WATCHED: readonly WatchedMetric[] = [
  {
    ...{ metric: "cpu", direction: "up", what: "CPU", format: milli },
    floor: ({ cpuLimit }) => Math.max(200, cpuLimit * 0.2),
  },
  {
    ...{ metric: "memory", direction: "up", what: "memory", format: bytes },
    floor: ({ memoryLimit }) => Math.max(64 * MIB, memoryLimit * 0.2),
  },
  { metric: "sent", direction: "up", what: "sent bytes", format: perSecond, floor: () => MIB },
  { metric: "sent", direction: "down", what: "sent bytes", format: perSecond, floor: () => 32_768 },
];

interface Seen {
  baseline: Baseline | undefined;
  load: number;
  computedAtMs: number;
  streak: number;
  /** Since when it has been anomalous. */
  overSinceMs: number | undefined;
}
const NOTHING_SEEN: Readonly<Seen> = {
  ...{ baseline: undefined, load: 0, computedAtMs: 0, streak: 0, overSinceMs: undefined },
};
interface Container {
  readonly seen: readonly Seen[];
  /** Its state changed last: what was before is another life. */
  changedAtMs: number;
  tick: number;
}

/** Compares what each container does with its own last minutes, once a second. */
export class AnomalyWatch {
  readonly #samples: Samples;
  readonly #containers = new Map<string, Container>();
  #tick = 0;
  #budget = 0;

  constructor(samples: Samples) {
    this.#samples = samples;
  }

  /** A container that was started, handed out or given back begins a new past. */
  add(rows: readonly HistoryRow[]): void {
    for (const { kind, namespace, name, atMs, from, to } of rows) {
      const found = this.#containers.get(`${kind}/${namespace}/${name}`);
      if (!found || from === to) continue;
      found.changedAtMs = Math.max(found.changedAtMs, atMs);
      for (const seen of found.seen) Object.assign(seen, NOTHING_SEEN);
    }
  }

  /** What is beyond its own past now. */
  findings(now: number): Finding[] {
    this.#tick += 1;
    this.#budget = BASELINES_MAX;
    const found: Finding[] = [];
    for (const container of this.#samples.containers()) {
      const finding = this.#look(container, now);
      if (finding) found.push(finding);
    }
    for (const [key, { tick }] of this.#containers)
      if (tick !== this.#tick) this.#containers.delete(key);
    return found;
  }

  #look(container: SampledContainer, now: number): Finding | undefined {
    const known = this.#containerOf(container.key);
    const load = loadOf(container);
    let found: Finding | undefined;
    for (const [i, watched] of WATCHED.entries()) {
      const seen = known.seen[i];
      if (!seen) continue;
      const metric = { direction: watched.direction, floor: watched.floor(container) };
      if (isStale(seen, load, now))
        this.#refresh(container, known, seen, { watched, metric, load, now });
      const { baseline } = seen;
      const value = container.latest(watched.metric);
      const score = baseline ? scoreOf(baseline, value, metric) : 0;
      seen.streak = score > 0 ? seen.streak + 1 : 0;
      if (seen.streak < STREAK_POINTS) seen.overSinceMs = undefined;
      else if (baseline) {
        seen.overSinceMs ??= now;
        found ??= findingOf(container, watched, { value, baseline, score });
      }
    }
    return found;
  }

  #containerOf(key: string): Container {
    const known = this.#containers.get(key);
    if (known) {
      known.tick = this.#tick;
      return known;
    }
    const seen = WATCHED.map(
      (): Seen => ({
        ...{ baseline: undefined, load: 0, computedAtMs: 0, streak: 0, overSinceMs: undefined },
      }),
    );
    const made = { seen, changedAtMs: 0, tick: this.#tick };
    this.#containers.set(key, made);
    return made;
  }

  #refresh(
    { key }: SampledContainer,
    { changedAtMs }: Container,
    seen: Seen,
    about: {
      readonly watched: WatchedMetric;
      readonly metric: AnomalyMetric;
      readonly load: number;
      readonly now: number;
    },
  ): void {
    if (this.#budget <= 0) return;
    const { watched, metric, load, now } = about;
    seen.load = load;
    seen.computedAtMs = now;
    seen.baseline = undefined;
    const lived = Math.floor((now - changedAtMs) / 1_000);
    if (lived < HISTORY_POINTS + NEWEST_POINTS) return;
    const points = Math.min(WINDOW_SECONDS, lived);
    const values = this.#samples.recent(key, watched.metric, points);
    if (values.length < HISTORY_POINTS + NEWEST_POINTS) return;
    this.#budget -= 1;
    seen.baseline = baselineOf(values, this.#loads(key, values.length), load, metric);
  }

  #loads(key: string, points: number): Float64Array {
    const players = this.#samples.recent(key, "players", points);
    const rooms = this.#samples.recent(key, "rooms", points);
    return Float64Array.from({ length: points }, (_, i) => known(players[i]) + known(rooms[i]));
  }
}

/** While it is beyond its past, the past stays what it was, for a while. */
function isStale(seen: Seen, load: number, now: number): boolean {
  if (!isLikeLoad(seen.load, load)) return true;
  if (seen.overSinceMs !== undefined) return now - seen.overSinceMs >= FROZEN_MS;
  return seen.streak === 0 && now - seen.computedAtMs >= REFRESH_MS;
}

const known = (value: number | undefined): number =>
  value !== undefined && Number.isFinite(value) ? value : 0;

function loadOf(container: SampledContainer): number {
  return known(container.latest("players")) + known(container.latest("rooms"));
}

function findingOf(
  { kind, namespace, name }: SampledContainer,
  { what, format }: WatchedMetric,
  seen: { readonly value: number; readonly baseline: Baseline; readonly score: number },
): Finding {
  const { value, baseline, score } = seen;
  const { median, low, high } = baseline;
  const range = `${format(low)} to ${format(high)}`;
  const summary = `${what} is ${format(value)}; in its own last minutes it was ${format(median)} (${range}), robust z-score ${Math.round(score)}`;
  return {
    ...{ rule: "Anomaly", subject: { kind, namespace, name }, level: "over", summary },
    ...{ value: Math.round(value), threshold: Math.round(median) },
  };
}
