/** A number for people: as many digits as say something, thousands apart. */
export function shortNumber(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  const digits = size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return value.toLocaleString("en-US", { maximumFractionDigits: digits });
}

/** Milliseconds, in the unit that people would say. */
export function duration(ms: number): string {
  if (ms >= 120_000) return `${shortNumber(ms / 60_000)} min`;
  return ms >= 1000 ? `${shortNumber(ms / 1000)} s` : `${shortNumber(ms)} ms`;
}

/** Where lines stand from 0 up to the first round number that is not below `max`: 1, 2 or 5 times a power of ten apart. */
export function niceTicks(max: number, countMax: number): number[] {
  if (!(max > 1e-9)) return [0, 1];
  const raw = max / countMax;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 5, 10].find((one) => one * power >= raw * 0.999_999) ?? 10) * power;
  const count = Math.ceil((max / step) * 0.999_999);
  return Array.from({ length: count + 1 }, (_, i) => Number((i * step).toPrecision(12)));
}
