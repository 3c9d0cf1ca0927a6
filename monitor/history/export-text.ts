import type { HistoryRow } from "../../core/model/history.ts";
import { rfc3339 } from "../../core/std/clock.ts";
import { csvLine } from "../../core/std/csv.ts";

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
export const CSV_HEAD: string = csvLine(EXPORT_COLUMNS);

/** One line of an export. Pure. */
export function exportLine(row: HistoryRow): string {
  const { atMs, ...rest } = row;
  const fields: Readonly<Record<string, unknown>> = { ...rest, time: rfc3339(atMs) };
  return csvLine(EXPORT_COLUMNS.map((name) => fields[name]));
}
