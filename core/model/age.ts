import { parseRfc3339 } from "../std/clock.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

/** From which duration on: its unit, and the smaller one that is shown beside it while it says something. */
const STEPS: readonly (readonly [from: number, unit: number, letter: string, rest?: string])[] = [
  [8 * YEAR, YEAR, "y"],
  [2 * YEAR, YEAR, "y", "d"],
  [8 * DAY, DAY, "d"],
  [2 * DAY, DAY, "d", "h"],
  [8 * HOUR, HOUR, "h"],
  [3 * HOUR, HOUR, "h", "m"],
  [10 * MINUTE, MINUTE, "m"],
  [2 * MINUTE, MINUTE, "m", "s"],
  [0, SECOND, "s"],
];
const UNITS: Readonly<Record<string, number>> = { d: DAY, h: HOUR, m: MINUTE, s: SECOND };

/** A duration as kubectl shows it: `90s`, `5m30s`, `90m`, `3h20m`, `30h`, `3d4h`, `200d`, `2y30d`. */
export function formatDuration(ms: number): string {
  const duration = Math.max(0, ms);
  const [, unit, letter, rest] = STEPS.find(([from]) => duration >= from) ?? [0, SECOND, "s"];
  const whole = `${Math.floor(duration / unit)}${letter}`;
  const left = rest === undefined ? 0 : Math.floor((duration % unit) / (UNITS[rest] ?? 1));
  return left === 0 ? whole : `${whole}${left}${rest}`;
}

/** How long ago an RFC 3339 time was. */
export function ageOf(time: string | undefined, nowMs: number): string {
  const at = time === undefined ? undefined : parseRfc3339(time);
  return at === undefined ? "<unknown>" : formatDuration(nowMs - at);
}
