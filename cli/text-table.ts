const GAP = "   ";

/** Columns as wide as their widest cell; the last one is not padded. */
export function textTable(rows: readonly (readonly string[])[]): string {
  const widths = columnWidths(rows);
  return rows.map((row) => `${tableLine(row, widths)}\n`).join("");
}

export function columnWidths(rows: readonly (readonly string[])[]): number[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  return Array.from({ length: columns }, (_, i) =>
    Math.max(...rows.map((row) => (row[i] ?? "").length)),
  );
}

export function tableLine(row: readonly string[], widths: readonly number[]): string {
  return row
    .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
    .join(GAP)
    .trimEnd();
}

/** Control characters (a name or message may hold a terminal's escape codes) become visible and harmless. */
export function printable(text: string): string {
  return [...text].map((c) => (isControl(c) ? "\uFFFD" : c)).join("");
}

function isControl(c: string): boolean {
  const code = c.codePointAt(0) ?? 0;
  return code < 32 || (code >= 127 && code < 160);
}
