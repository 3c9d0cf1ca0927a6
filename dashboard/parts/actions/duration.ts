const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** Milliseconds of `90s`, `10m` or `2h`; undefined when it is none of these. Pure. */
export function msOf(text: string): number | undefined {
  const [, number, unit = ""] = /^(\d{1,6})([smh])$/.exec(text.trim()) ?? [];
  return number === undefined ? undefined : Number(number) * (UNITS[unit] ?? 0);
}
