/** One line of CSV (RFC 4180), with its end. Pure. */
export function csvLine(values: readonly unknown[]): string {
  return `${values.map(csvField).join(",")}\r\n`;
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
