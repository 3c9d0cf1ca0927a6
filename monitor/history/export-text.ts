import type { HistoryRow } from "../../core/model/history.ts";
import { rfc3339 } from "../../core/std/clock.ts";

/** Columns of an export, in order. */
export const EXPORT_COLUMNS = [
  "id",
  "time",
  "kind",
  "namespace",
  "name",
  "uid",
  "fleet",
  "node",
  "from",
  "to",
  "reason",
  "message",
  "by",
] as const;

/** The first line of a CSV export. */
export const CSV_HEAD: string = `${EXPORT_COLUMNS.join(",")}\r\n`;

/** One line of CSV (RFC 4180). Pure. */
export function csvLine(row: HistoryRow): string {
  const { atMs, ...rest } = row;
  const fields: Readonly<Record<string, unknown>> = { ...rest, time: rfc3339(atMs) };
  return `${EXPORT_COLUMNS.map((name) => csvField(fields[name])).join(",")}\r\n`;
}

/**
 * Quoted where it must be. A text that a spreadsheet would take for a formula gets an apostrophe in front: names and
 * messages come from games and strangers. Pure.
 */
export function csvField(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "number") return String(value);
  const text = String(value);
  const safe = /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
