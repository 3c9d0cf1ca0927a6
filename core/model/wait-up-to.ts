/** The longest that a request may wait. */
export const WAIT_MS_MAX = 300_000;
export const WAIT_FORM = "seconds such as 10, or a time such as 500ms, 10s or 1m, at most 5m";

const UNITS_MS = { ms: 1, s: 1_000, m: 60_000 } as const;

/** Milliseconds of `waitUpTo` as it is asked for; undefined when it is no such time. */
export function waitMsOf(value: unknown): number | undefined {
  const text = typeof value === "number" ? `${value}` : value;
  if (typeof text !== "string") return undefined;
  const [, amount, unit = "s"] = /^(\d{1,6}(?:\.\d{1,3})?)(ms|s|m)?$/.exec(text) ?? [];
  if (amount === undefined) return undefined;
  const ms = Math.round(Number(amount) * UNITS_MS[unit as keyof typeof UNITS_MS]);
  return ms <= WAIT_MS_MAX ? ms : undefined;
}
