import { formatDuration } from "../core/model/age.ts";
import type { HistoryRow } from "../core/model/history.ts";
import { rfc3339 } from "../core/std/clock.ts";
import { printable, textTable } from "./text-table.ts";

/** A table of changes, oldest first so that the newest stands at the prompt. Pure. */
export function historyTable(rows: readonly HistoryRow[]): string {
  const lines = rows
    .toReversed()
    .map((row) => [rfc3339(row.atMs), subjectOf(row), moveOf(row), row.reason, row.by, whyOf(row)]);
  const head = ["TIME", "OBJECT", "CHANGE", "REASON", "BY", "WHY"];
  return textTable([head, ...lines.map((line) => line.map(printable))]);
}

/** The last changes of one resource, for `describe`; empty when there are none. Pure. */
export function lastChangesText(rows: readonly HistoryRow[], more: string, now: number): string {
  if (rows.length === 0) return "";
  const lines = rows
    .toReversed()
    .map((row) => [
      `${formatDuration(now - row.atMs)} ago`,
      ...[moveOf(row), row.reason, row.by, whyOf(row)].map(printable),
    ]);
  const table = textTable([["WHEN", "CHANGE", "REASON", "BY", "WHY"], ...lines]);
  return `History (all of it: ${more}):\n${table.replace(/^(?=.)/gm, "  ")}`;
}

function subjectOf({ kind, namespace, name }: HistoryRow): string {
  return [kind.toLowerCase(), namespace, name].filter((word) => word !== "").join("/");
}

function moveOf({ from, to }: HistoryRow): string {
  if (from === to) return from || "-";
  return from === "" ? `made: ${to}` : `${from} → ${to}`;
}

const whyOf = ({ message = "" }: HistoryRow): string => message;
