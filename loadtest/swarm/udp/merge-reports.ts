import type { SwarmRecord } from "../../report/run-result.ts";
import { Histogram } from "../histogram.ts";
import { NO_SUMS } from "./flow.ts";
import type { SecondSums } from "./udp-players.ts";
import type { WorkerReport } from "./worker.ts";

/** What all threads saw, as one record: counts of the whole run, and a number per second of each kind. */
export function mergeReports(
  reports: readonly WorkerReport[],
  { wanted, open }: { readonly wanted: number; readonly open: number },
): SwarmRecord {
  const length = Math.max(0, ...reports.map(({ seconds }) => seconds.length));
  const seconds = Array.from({ length }, (_, second) =>
    mergeSecond(reports.flatMap((report) => report.seconds[second] ?? [])),
  );
  const roundTrips = new Histogram();
  for (const one of seconds) roundTrips.merge(one.roundTrips);
  const sum = (of: (one: Merged) => number): number =>
    seconds.reduce((all, one) => all + of(one), 0);
  const total = (of: "strays" | "unsent"): number =>
    reports.reduce((all, { totals }) => all + totals[of], 0);
  const jitter = reports.flatMap(({ totals }) => totals.jitterMs).sort((a, b) => a - b);
  const sent = sum((one) => one.sent);
  const answered = sum((one) => one.answered);
  const rounded = (ms: number | null | undefined): number => Math.round((ms ?? 0) * 1000) / 1000;
  return {
    wanted,
    open,
    counts: {
      sent,
      answered,
      lost: sent - answered,
      duplicates: sum((one) => one.duplicates),
      reordered: sum((one) => one.reordered),
      strays: total("strays"),
      skipped: sum((one) => one.skipped),
      unsent: total("unsent"),
      longestSilenceMs: rounded(Math.max(0, ...seconds.map(({ silenceMs }) => silenceMs))),
      roundTripP50Ms: rounded(roundTrips.quantile(0.5)),
      roundTripP99Ms: rounded(roundTrips.quantile(0.99)),
      jitterP50Ms: rounded(jitter[Math.floor(jitter.length / 2)]),
      jitterMaxMs: rounded(jitter.at(-1)),
    },
    series: {
      sent: seconds.map((one) => one.sent),
      lost: seconds.map((one) => one.sent - one.answered),
      duplicates: seconds.map((one) => one.duplicates),
      reordered: seconds.map((one) => one.reordered),
      skipped: seconds.map((one) => one.skipped),
      silenceMs: seconds.map((one) => rounded(one.silenceMs)),
      roundTripP50Ms: seconds.map((one) => one.roundTrips.quantile(0.5)),
      roundTripP99Ms: seconds.map((one) => one.roundTrips.quantile(0.99)),
    },
  };
}

type Merged = Omit<SecondSums, "roundTrips"> & { readonly roundTrips: Histogram };

function mergeSecond(parts: readonly SecondSums[]): Merged {
  const merged = { ...NO_SUMS };
  const roundTrips = new Histogram();
  for (const part of parts) {
    merged.sent += part.sent;
    merged.answered += part.answered;
    merged.duplicates += part.duplicates;
    merged.reordered += part.reordered;
    merged.skipped += part.skipped;
    merged.silenceMs = Math.max(merged.silenceMs, part.silenceMs);
    roundTrips.merge(new Histogram(part.roundTrips));
  }
  return { ...merged, roundTrips };
}
