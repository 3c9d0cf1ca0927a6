import type { Finding } from "./alert-book.ts";
import { BOUNDS } from "./rules.ts";

/** The allocator's last seconds, oldest first, a point a second; NaN where nothing is known. */
export interface AllocationFacts {
  /** Per second, of the window for refusals. */
  readonly allocations: ArrayLike<number>;
  readonly refused: ArrayLike<number>;
  /** Of the window for slow ones, which is shorter. */
  readonly p99Ms: ArrayLike<number>;
}
const SUBJECT = { kind: "Platform", name: "allocator" };

/** What the rules about allocations find. Pure. */
export function findInAllocations(facts: AllocationFacts): Finding[] {
  return [failuresOf(facts), slownessOf(facts)].filter((one) => one !== undefined);
}

function failuresOf({ allocations, refused }: AllocationFacts): Finding | undefined {
  const none = Math.round(sum(refused));
  const all = none + Math.round(sum(allocations));
  if (none === 0) return undefined;
  const percent = Math.round((none * 1_000) / all) / 10;
  const isOver = none >= BOUNDS.refusals && percent >= BOUNDS.refusedPercent;
  const summary = `${none} of ${all} requests (${percent} %) found no game server in ${BOUNDS.refusalsWindowSeconds} s`;
  const level = isOver ? "over" : "between";
  const numbers = { value: none, threshold: BOUNDS.refusals };
  return { rule: "AllocationFailures", subject: SUBJECT, level, summary, ...numbers };
}

/** Seconds without allocations say nothing; some slow seconds happen. */
function slownessOf({ p99Ms }: AllocationFacts): Finding | undefined {
  const known = Array.from(p99Ms)
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  const median = known[Math.floor((known.length - 1) / 2)];
  const { over, well } = BOUNDS.allocationP99Ms;
  if (median === undefined || known.length < BOUNDS.slowSecondsMin || median < well)
    return undefined;
  const shown = Math.round(median);
  const summary = `the 99th percentile of an allocation was over ${shown} ms in half of the last ${known.length} s that had any`;
  const level = median >= over ? "over" : "between";
  return {
    rule: "AllocationSlow",
    subject: SUBJECT,
    level,
    summary,
    value: shown,
    threshold: over,
  };
}

function sum(numbers: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < numbers.length; i++)
    total += Number.isFinite(numbers[i]) ? (numbers[i] ?? 0) : 0;
  return total;
}
