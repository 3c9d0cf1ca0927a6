import type { CpuPolicy } from "../../../core/model/fleet-autoscaler.ts";
import { atLeast, type CpuReadings, type FleetFacts, type Want, within } from "./want.ts";

/** More than so many times what a server asked for is no measurement. */
const ABSURD_TIMES = 100;
/** As in a HorizontalPodAutoscaler: within a tenth of the target nothing changes. */
const TOLERANCE = 0.1;

interface Measured {
  /** Percent of the basis, one per server that was measured, in rising order. */
  readonly percents: readonly number[];
  /** Servers that count, but about which nothing is known. */
  readonly unknown: number;
  readonly stale: number;
  readonly absurd: number;
}

/**
 * Ours: servers so that mean and 95 of 100 of their CPU come to their targets; the higher number counts. Servers about
 * which nothing is known count as idle on the way up and as at the target on the way down. When fewer than half are
 * known there is no number.
 */
export function decideCpu(policy: CpuPolicy, facts: FleetFacts): Want {
  if (facts.cpuBasisMilli <= 0)
    return {
      because: "PolicyUnusable",
      message: "the template has neither a CPU request nor a CPU limit",
    };
  const readings = facts.cpu();
  if (readings.length === 0) return rest(policy, facts);
  const measured = judge(readings, facts.cpuBasisMilli, policy.staleAfterSeconds * 1_000);
  if (measured.percents.length * 2 < readings.length)
    return blind(measured, readings.length, facts);
  const { meanPercent, p95Percent } = policy;
  const { current } = facts;
  const wishes = [
    ...(meanPercent === undefined ? [] : [wish("mean", meanOf, measured, meanPercent, current)]),
    ...(p95Percent === undefined ? [] : [wish("p95", p95Of, measured, p95Percent, current)]),
  ];
  const most = Math.max(...wishes.map(({ servers }) => servers));
  const [wanted, said] = atLeast(most, facts);
  return within(wanted, policy, wishes.map(({ words }) => words).join(" and "), said);
}

/** Nothing plays, so nothing is measured: what is under way stays. */
function rest(policy: CpuPolicy, facts: FleetFacts): Want {
  const [wanted, said] = atLeast(facts.current, facts);
  return within(wanted, policy, `${facts.idle ?? "no server plays yet"}, so they`, said);
}

function judge(readings: CpuReadings, basisMilli: number, staleAfterMs: number): Measured {
  const percents: number[] = [];
  let [unknown, stale, absurd] = [0, 0, 0];
  for (const reading of readings) {
    const percent = reading ? (reading.milli * 100) / basisMilli : 0;
    const isAbsurd = !(percent >= 0 && percent <= 100 * ABSURD_TIMES);
    if (reading && !isAbsurd && reading.ageMs <= staleAfterMs) percents.push(percent);
    else unknown++;
    if (reading && isAbsurd) absurd++;
    else if (reading && reading.ageMs > staleAfterMs) stale++;
  }
  return { percents: percents.sort((a, b) => a - b), unknown, stale, absurd };
}

function blind(
  { percents, stale, absurd }: Measured,
  servers: number,
  { nouns = "servers" }: FleetFacts,
): Want {
  const message = `the CPU of ${percents.length} of ${servers} ${nouns} is known (${stale} too old, ${absurd} absurd)`;
  if (absurd > 0 && absurd >= stale) return { because: "MetricsAbsurd", message };
  return { because: stale > 0 ? "MetricsStale" : "MetricsMissing", message };
}

type Statistic = (percents: readonly number[]) => number;
const meanOf: Statistic = (percents) =>
  percents.reduce((sum, one) => sum + one, 0) / Math.max(1, percents.length);
/** Nearest rank. */
const p95Of: Statistic = (percents) => percents[Math.ceil(percents.length * 0.95) - 1] ?? 0;

function wish(
  name: string,
  statistic: Statistic,
  { percents, unknown }: Measured,
  target: number,
  current: number,
): { readonly servers: number; readonly words: string } {
  const servers = percents.length + unknown;
  const words = `CPU ${name} of ${Math.round(statistic(percents))}% for a target of ${target}%`;
  const idle = Array.from({ length: unknown }, () => 0);
  const busy = Array.from({ length: unknown }, () => target);
  const up = statistic([...idle, ...percents]) / target;
  // Servers that are on their way, or more than are wanted for a while, do not turn what the measure says around.
  if (up > 1 + TOLERANCE)
    return { servers: Math.max(current, Math.ceil(servers * up - ROUNDING)), words };
  const down = statistic([...percents, ...busy].sort((a, b) => a - b)) / target;
  if (down < 1 - TOLERANCE)
    return { servers: Math.min(current, Math.ceil(servers * down - ROUNDING)), words };
  return { servers: current, words };
}
/** Sums of fractions are a little too much or too little; a server is not made of that. */
const ROUNDING = 1e-9;
