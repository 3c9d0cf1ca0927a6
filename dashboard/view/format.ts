import { formatDuration } from "../../core/model/age.ts";

/** What the numbers of a series are. */
export type Unit =
  | "milli"
  | "bytes"
  | "count"
  | "ms"
  | "perSecond"
  | "bytesPerSecond"
  | "percent"
  | string;

const BYTES = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** `12.3 MiB`: three digits that say something, and a unit. Pure. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1_024 && unit < BYTES.length - 1) {
    value /= 1_024;
    unit += 1;
  }
  return `${digits(value)} ${BYTES[unit]}`;
}

/** Three digits that say something: `0.07`, `1.25`, `12.3`, `1,234`. Pure. */
export function digits(value: number): string {
  const size = Math.abs(value);
  if (size >= 100 || Number.isInteger(value)) return Math.round(value).toLocaleString("en-US");
  return value.toFixed(size >= 10 ? 1 : 2);
}

/** A number of a series for people; `–` where there is none. Pure. */
export function valueText(value: number | null | undefined, unit: Unit = "count"): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  switch (unit) {
    case "milli":
      return value !== 0 && Math.abs(value) < 100 ? `${digits(value)}m` : digits(value / 1_000);
    case "bytes":
      return bytesText(value);
    case "bytesPerSecond":
      return `${bytesText(value)}/s`;
    case "ms":
      return value >= 1_000 ? `${digits(value / 1_000)} s` : `${digits(value)} ms`;
    case "perSecond":
      return `${digits(value)}/s`;
    case "percent":
      return `${digits(value)} %`;
    default:
      return digits(value);
  }
}

/** How long ago a moment was, as `kubectl` shows ages. Pure. */
export function agoText(atMs: number | undefined, nowMs: number): string {
  return atMs === undefined || !Number.isFinite(atMs) ? "–" : formatDuration(nowMs - atMs);
}

const two = (n: number): string => String(n).padStart(2, "0");

/** `14:03:09` in the reader's own time. Pure. */
export function clockText(ms: number): string {
  const at = new Date(ms);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** `2026-11-28 14:03:09` in the reader's own time. Pure. */
export function dateText(ms: number): string {
  const at = new Date(ms);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${clockText(ms)}`;
}

/** Cuts a long text for a cell; the whole stands in its title. Pure. */
export function cut(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1)}…`;
}
