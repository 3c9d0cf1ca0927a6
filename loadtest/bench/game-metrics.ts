/** How often a server's rooms ticked at most so late: by the upper bound of a bucket in milliseconds. */
export type Ticks = ReadonlyMap<number, number>;

export interface Lateness {
  /** Ticks in all. */
  readonly count: number;
  /** The bound of the bucket in which the 99th percentile is. */
  readonly p99AtMostMs: number;
  readonly percentOver10Ms: number;
}

const BUCKET = /^flotilla_game_tick_late_seconds_bucket\{le="([^"]+)"\} (\d+)$/gm;

/** Reads a game server's page of numbers. */
export async function metricsOf(port: number): Promise<Ticks> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
  const found = (await answer.text()).matchAll(BUCKET);
  const bound = (text: string): number =>
    text === "+Inf" ? Number.POSITIVE_INFINITY : +text * 1000;
  return new Map([...found].map(([, le = "", count]) => [bound(le), Number(count)]));
}

/** How late ticks were between two looks, over all servers. */
export function lateness(before: readonly Ticks[], after: readonly Ticks[]): Lateness {
  const bounds = [...(after[0]?.keys() ?? [])].sort((a, b) => a - b);
  const upTo = (bound: number): number =>
    after.reduce(
      (sum, ticks, n) => sum + (ticks.get(bound) ?? 0) - (before[n]?.get(bound) ?? 0),
      0,
    );
  const count = upTo(Number.POSITIVE_INFINITY);
  const p99AtMostMs = bounds.find((bound) => upTo(bound) >= count * 0.99) ?? 0;
  const percentOver10Ms = count === 0 ? 0 : ((count - upTo(10)) / count) * 100;
  return { count, p99AtMostMs, percentOver10Ms };
}
