import type { SwarmRecord } from "../../report/run-result.ts";
import { Histogram } from "../histogram.ts";
import type { SocketReport, SocketSecond } from "./socket-players.ts";

/** What all processes of a socket swarm saw, as one record. */
export function mergeSockets(reports: readonly SocketReport[], wanted: number): SwarmRecord {
  const length = Math.max(0, ...reports.map(({ seconds }) => seconds.length));
  const seriesOf = (of: keyof SocketSecond): number[] =>
    Array.from({ length }, (_, second) => {
      const all = reports.map(({ seconds }) => seconds[second]?.[of] ?? 0);
      const value = of === "replyMaxMs" ? Math.max(0, ...all) : all.reduce((a, b) => a + b, 0);
      return Math.round(value * 100) / 100;
    });
  const series = {
    open: seriesOf("open"),
    joined: seriesOf("joined"),
    failed: seriesOf("failed"),
    closed: seriesOf("closed"),
    replies: seriesOf("replies"),
    replyMaxMs: seriesOf("replyMaxMs"),
  };
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
  const replies = merged(reports.map((one) => one.replies));
  const joinTimes = merged(reports.map((one) => one.joinTimes));
  return {
    wanted,
    open: series.open.at(-1) ?? 0,
    counts: {
      asked: sum(reports.map(({ asked }) => asked)),
      joined: sum(series.joined),
      failed: sum(series.failed),
      closed: sum(series.closed),
      replies: replies.count,
      replyP50Ms: replies.quantile(0.5) ?? 0,
      replyP99Ms: replies.quantile(0.99) ?? 0,
      joinP50Ms: joinTimes.quantile(0.5) ?? 0,
      joinP99Ms: joinTimes.quantile(0.99) ?? 0,
      ...causes(
        "failed",
        reports.map(({ failures }) => failures),
      ),
      ...causes(
        "closed",
        reports.map(({ closes }) => closes),
      ),
    },
    series,
  };
}

function merged(all: readonly (readonly number[])[]): Histogram {
  const histogram = new Histogram();
  for (const counts of all) histogram.merge(new Histogram(counts));
  return histogram;
}

function causes(
  what: string,
  all: readonly Readonly<Record<string, number>>[],
): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [cause, count] of all.flatMap((one) => Object.entries(one)))
    counts[`${what}: ${cause}`] = (counts[`${what}: ${cause}`] ?? 0) + count;
  return counts;
}
