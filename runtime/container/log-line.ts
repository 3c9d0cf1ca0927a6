import type { LogLine } from "./driver.ts";

/** A longer line is kept in parts. */
export const LOG_LINE_BYTES_MAX: number = 16 * 1024;

/** `2026-01-02T03:04:05.678Z stdout F text`: F ends a line, P is a part of a longer one. */
export function formatLogLine({ at, stream, text }: LogLine, kind: "F" | "P"): string {
  return `${new Date(at).toISOString()} ${stream} ${kind} ${text}\n`;
}

export function parseLogLine(line: string): LogLine | undefined {
  const [, time, stream, text] = /^(\S+) (stdout|stderr|system) [FP] (.*)$/s.exec(line) ?? [];
  const at = Date.parse(time ?? "");
  if (Number.isNaN(at) || text === undefined) return undefined;
  return { at, stream: stream as LogLine["stream"], text };
}
