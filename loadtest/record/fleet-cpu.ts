import { setTimeout as sleep } from "node:timers/promises";
import type { Series } from "../report/run-result.ts";

export interface FleetCpuOptions {
  readonly apiUrl: string;
  readonly token: string;
  readonly fleet: string;
  readonly now: () => number;
  readonly signal: AbortSignal;
}
interface Samples {
  readonly series: Readonly<Record<string, readonly (number | null)[]>>;
  readonly unit: Readonly<Record<string, string>>;
}

const EVERY_MS = 1_000;
const ANSWER_WITHIN_MS = 5_000;
/** A run of an hour. */
const SECONDS_MAX = 3_600;

/** Once a second what the containers of a fleet use of the processors, as the platform's own samples say it. */
export class FleetCpu {
  /** Resolves when `signal` has ended it. */
  readonly ended: Promise<void>;
  readonly #options: FleetCpuOptions;
  readonly #percent: (number | null)[] = [];

  constructor(options: FleetCpuOptions) {
    this.#options = options;
    this.ended = this.#follow();
  }

  /** Percent of one core; undefined when the platform has told nothing. */
  series(seconds: number): Series | undefined {
    if (this.#percent.every((one) => typeof one !== "number")) return undefined;
    return Array.from({ length: seconds }, (_, second) => this.#percent[second] ?? null);
  }

  async #follow(): Promise<void> {
    const { signal, now } = this.#options;
    while (!signal.aborted) {
      const second = Math.floor(now() / 1000);
      if (second >= SECONDS_MAX) return;
      this.#percent[second] = await this.#ask().catch(() => null);
      const next = (second + 1) * EVERY_MS - now();
      await sleep(Math.max(0, next), undefined, { signal }).catch(() => undefined);
    }
  }

  async #ask(): Promise<number | null> {
    const { apiUrl, token, fleet, signal } = this.#options;
    const query = new URLSearchParams({ kind: "Fleet", namespace: "default", name: fleet });
    query.set("step", "1");
    query.set("from", String(Date.now() - 5 * EVERY_MS));
    const answer = await fetch(`${apiUrl}/v1/samples?${query}`, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
    });
    if (!answer.ok) return null;
    const { series, unit } = (await answer.json()) as Samples;
    const milli = series.cpu?.findLast((one) => one !== null);
    // Thousandths of a core.
    return typeof milli === "number" && unit.cpu === "milli" ? Math.round(milli) / 10 : null;
  }
}
