import { useEffect, useState } from "preact/hooks";
import type { SamplesAnswer } from "../../net/wire.ts";
import { type Series, withPoint } from "../../view/series.ts";
import { useDashboard } from "../shell/dashboard.ts";

export type SampledKind = "Container" | "GameServer" | "Service" | "Fleet" | "Node" | "Platform";
export interface Sampled {
  readonly kind: SampledKind;
  readonly namespace?: string;
  readonly name?: string;
}
export interface Range {
  readonly key: "5m" | "1h" | "24h";
  readonly keepMs: number;
  readonly step: 1 | 15;
}
const MINUTE = 60_000;
export const RANGES: readonly Range[] = [
  { key: "5m", keepMs: 5 * MINUTE, step: 1 },
  { key: "1h", keepMs: 60 * MINUTE, step: 15 },
  { key: "24h", keepMs: 24 * 60 * MINUTE, step: 15 },
];

export interface SamplesState {
  readonly series: Series;
  readonly unit: Readonly<Record<string, string>>;
  readonly failure?: unknown;
  readonly isLoaded: boolean;
}
interface Point {
  readonly atMs: number;
  readonly values?: Readonly<Record<string, number | null>>;
}
const NONE: SamplesState = { series: { times: [], values: {} }, unit: {}, isLoaded: false };

/** A point tells what is measured; limits stay as they were. */
function withLimits({ series: { values } }: SamplesState, point: NonNullable<Point["values"]>) {
  const limits = Object.entries(values).filter(([name]) => name.endsWith("Limit"));
  const kept = limits.map(([name, column]) => [name, column.at(-1) ?? null]);
  return { ...Object.fromEntries(kept), ...point };
}

/** The series of one object: read once, then each second's point is put to its end; in steps of 15 s, read again. */
export function useSamples(
  { kind, namespace = "", name = "" }: Sampled,
  range: Range,
): SamplesState {
  const { api, live } = useDashboard();
  const [state, setState] = useState(NONE);
  useEffect(() => {
    setState(NONE);
    const stop = new AbortController();
    const { signal } = stop;
    const read = async (): Promise<void> => {
      const from = Date.now() - range.keepMs;
      const query = { kind, namespace, name, step: range.step, from };
      try {
        const found = await api.call<SamplesAnswer>({ path: "/v1/samples", query, signal });
        const { times, series: values, unit } = found;
        setState({ series: { times, values }, unit, isLoaded: true });
      } catch (failure) {
        if (!signal.aborted) setState((old) => ({ ...old, failure, isLoaded: true }));
      }
    };
    void read();
    const add = (data: unknown): void => {
      const { atMs, values = {} } = data as Point;
      if (typeof atMs !== "number") return;
      setState((old) =>
        old.isLoaded
          ? { ...old, series: withPoint(old.series, atMs, withLimits(old, values), range.keepMs) }
          : old,
      );
    };
    const letGo =
      range.step === 1 ? live.want(`samples:${kind}/${namespace}/${name}`, add) : undefined;
    const again = range.step === 1 ? undefined : setInterval(() => void read(), range.step * 1_000);
    return () => {
      stop.abort();
      letGo?.();
      clearInterval(again);
    };
  }, [kind, namespace, name, range]);
  return state;
}
