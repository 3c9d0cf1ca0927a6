const UNITS_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds of `90s`, `10m`, `2h` or `7d`; undefined when it is none of these. */
export function durationMs(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  return count && unit ? Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS] : undefined;
}
