/** Points of several series over one row of times, oldest first. */
export interface Series {
  readonly times: readonly number[];
  readonly values: Readonly<Record<string, readonly (number | null)[]>>;
}

export interface Summary {
  readonly last: number | null;
  readonly min: number | null;
  readonly max: number | null;
}

/** Adds a newer point and lets go of what is older than `keepMs`. A point that is not newer changes nothing. Pure. */
export function withPoint(
  series: Series,
  atMs: number,
  point: Readonly<Record<string, number | null>>,
  keepMs: number,
): Series {
  const last = series.times.at(-1);
  if (last !== undefined && atMs <= last) return series;
  const found = series.times.findIndex((at) => at >= atMs - keepMs);
  const from = found < 0 ? series.times.length : found;
  const gap = series.times.length - from;
  const names = new Set([...Object.keys(series.values), ...Object.keys(point)]);
  const values = [...names].map((name) => {
    const old = series.values[name]?.slice(from) ?? Array<null>(gap).fill(null);
    return [name, [...old, point[name] ?? null]] as const;
  });
  return { times: [...series.times.slice(from), atMs], values: Object.fromEntries(values) };
}

/** The last, least and largest of a series, for those who do not see the curve. Pure. */
export function summaryOf(values: readonly (number | null)[] = []): Summary {
  let [last, min, max]: (number | null)[] = [null, null, null];
  for (const value of values) {
    if (value === null || value === undefined || !Number.isFinite(value)) continue;
    last = value;
    min = min === null || value < (min ?? value) ? value : min;
    max = max === null || value > (max ?? value) ? value : max;
  }
  return { last: last ?? null, min: min ?? null, max: max ?? null };
}

/** Each series on top of those before it, for areas that stand on each other. Pure. */
export function stacked(
  columns: readonly (readonly (number | null)[])[],
): readonly (readonly (number | null)[])[] {
  const sums: number[] = [];
  return columns.map((column) =>
    column.map((value, i) => {
      sums[i] = (sums[i] ?? 0) + (value ?? 0);
      return value === null ? null : (sums[i] ?? 0);
    }),
  );
}
