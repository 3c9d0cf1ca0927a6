const PERCENT = /^(\d{1,4})%$/;

/** The percentage that `25%` says; undefined when `value` is no percentage. */
export function percentOf(value: unknown): number | undefined {
  const match = typeof value === "string" ? PERCENT.exec(value) : null;
  return match ? Number(match[1]) : undefined;
}

/** `3` is 3; `25%` is that share of `total`, rounded up or down. Checked values only. */
export function resolveIntOrPercent(
  value: number | string,
  total: number,
  roundUp: boolean,
): number {
  if (typeof value === "number") return value;
  const share = ((percentOf(value) ?? 0) * total) / 100;
  return roundUp ? Math.ceil(share) : Math.floor(share);
}
