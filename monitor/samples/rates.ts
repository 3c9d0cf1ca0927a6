import { CONTAINER_METRICS } from "../../core/model/samples.ts";
import {
  NOT_MEASURED,
  USAGE_COLUMNS,
  type UsageColumn,
  type UsageRow,
} from "../../core/model/usage.ts";

/** How a number of a container's series is made of a column: as it stands, or as what came since it was said last. */
interface Rule {
  readonly place: number;
  readonly perMs: number;
}
const PLACES = CONTAINER_METRICS as readonly string[];
const grows = (name: string, perMs: number): Rule => ({ place: PLACES.indexOf(name), perMs });
const stands = (name: string): Rule => ({ place: PLACES.indexOf(name), perMs: 0 });

/** Microseconds per millisecond are thousandths of a core; per thousand of them, percent of the time are ten. */
const MILLI = 1;
const PERCENT = 0.1;
const PER_SECOND = 1_000;
const RULE_OF: Readonly<Record<UsageColumn, Rule>> = {
  cpuMicros: grows("cpu", MILLI),
  memoryBytes: stands("memory"),
  pids: stands("pids"),
  throttledMicros: grows("throttled", PERCENT),
  receivedBytes: grows("received", PER_SECOND),
  sentBytes: grows("sent", PER_SECOND),
  receivedPackets: grows("packetsReceived", PER_SECOND),
  sentPackets: grows("packetsSent", PER_SECOND),
  readBytes: grows("read", PER_SECOND),
  writtenBytes: grows("written", PER_SECOND),
  cpuPressureMicros: grows("pressureCpu", PERCENT),
  memoryPressureMicros: grows("pressureMemory", PERCENT),
  ioPressureMicros: grows("pressureIo", PERCENT),
};
const RULES: readonly Rule[] = USAGE_COLUMNS.map((column) => RULE_OF[column]);
/** What was not said again for so long is not known any more. */
const HELD_MS = 60_000;

/** What a container's node said of it last, column by column, and when. */
export class Rates {
  readonly #last = new Float64Array(RULES.length).fill(Number.NaN);
  readonly #lastAt = new Float64Array(RULES.length);
  #atMs = 0;

  /**
   * Puts into `values`, by CONTAINER_METRICS, what `row` says that was measured at `atMs` of its node's clock. A rate is
   * over the time since its column was measured before; one that was not measured now stands. A counter that went back
   * began anew (the container was started again): what it shows came since. A clock that went back begins all anew.
   */
  take(values: Float64Array, row: UsageRow, atMs: number): void {
    if (atMs <= this.#atMs) this.reset();
    this.#atMs = atMs;
    for (let i = 0; i < RULES.length; i++) {
      const rule = RULES[i];
      const said = row[i + 1];
      if (!rule) continue;
      if (typeof said !== "number" || said <= NOT_MEASURED) {
        if (atMs - (this.#lastAt[i] ?? 0) > HELD_MS) values[rule.place] = Number.NaN;
        continue;
      }
      values[rule.place] = rule.perMs === 0 ? said : this.#rateOf(i, said, atMs) * rule.perMs;
      this.#last[i] = said;
      this.#lastAt[i] = atMs;
    }
  }

  /** What was said of a column last; undefined when nothing was. */
  counter(column: UsageColumn): number | undefined {
    const said = this.#last[USAGE_COLUMNS.indexOf(column)] ?? Number.NaN;
    return Number.isNaN(said) ? undefined : said;
  }

  reset(): void {
    this.#last.fill(Number.NaN);
    this.#lastAt.fill(0);
  }

  /** Per millisecond; NaN with the first. */
  #rateOf(i: number, is: number, atMs: number): number {
    const was = this.#last[i] ?? Number.NaN;
    const grown = is >= was ? is - was : is;
    return Number.isNaN(was) ? was : grown / (atMs - (this.#lastAt[i] ?? 0));
  }
}
