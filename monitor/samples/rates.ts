import { CONTAINER_METRICS } from "../../core/model/samples.ts";
import { columnOf, NOT_MEASURED, type UsageColumn, type UsageRow } from "../../core/model/usage.ts";

/** How a number of a container's series is made of two rows: as it stands, or as what came in the time between. */
type Rule = { readonly column: number; readonly perMs: number };
const grows = (name: UsageColumn, perMs: number): Rule => ({ column: columnOf(name), perMs });
const stands = (name: UsageColumn): Rule => ({ column: columnOf(name), perMs: 0 });

/** Microseconds per millisecond are thousandths of a core; per thousand of them, percent of the time are ten. */
const MILLI = 1;
const PERCENT = 0.1;
const PER_SECOND = 1_000;
/** In the order of CONTAINER_METRICS; players and rooms come from the resource. */
const RULES: Readonly<Partial<Record<(typeof CONTAINER_METRICS)[number], Rule>>> = {
  cpu: grows("cpuMicros", MILLI),
  throttled: grows("throttledMicros", PERCENT),
  memory: stands("memoryBytes"),
  pids: stands("pids"),
  received: grows("receivedBytes", PER_SECOND),
  sent: grows("sentBytes", PER_SECOND),
  packetsReceived: grows("receivedPackets", PER_SECOND),
  packetsSent: grows("sentPackets", PER_SECOND),
  read: grows("readBytes", PER_SECOND),
  written: grows("writtenBytes", PER_SECOND),
  pressureCpu: grows("cpuPressureMicros", PERCENT),
  pressureMemory: grows("memoryPressureMicros", PERCENT),
  pressureIo: grows("ioPressureMicros", PERCENT),
};
const ORDER: readonly (Rule | undefined)[] = CONTAINER_METRICS.map((name) => RULES[name]);

/**
 * Puts into `values`, by CONTAINER_METRICS, what two rows of one container that are `spanMs` apart say. A counter that
 * went back began anew (the container was started again): what it shows now came since. NaN for what is not known.
 */
export function ratesInto(
  values: Float64Array,
  before: UsageRow | undefined,
  after: UsageRow,
  spanMs: number,
): void {
  for (let i = 0; i < ORDER.length; i++) {
    const rule = ORDER[i];
    if (rule) values[i] = rateOf(rule, before, after, spanMs);
  }
}

function rateOf(
  { column, perMs }: Rule,
  before: UsageRow | undefined,
  after: UsageRow,
  spanMs: number,
): number {
  const is = measured(after, column);
  if (perMs === 0 || Number.isNaN(is)) return is;
  if (!before || !(spanMs > 0)) return Number.NaN;
  const was = measured(before, column);
  const grown = is >= was ? is - was : is;
  return Number.isNaN(was) ? Number.NaN : (grown / spanMs) * perMs;
}

function measured(row: UsageRow, column: number): number {
  const value = row[column];
  return typeof value === "number" && value > NOT_MEASURED ? value : Number.NaN;
}
