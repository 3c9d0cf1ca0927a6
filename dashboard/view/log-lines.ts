/** More lines than this are not kept: the oldest go. */
export const LINES_MAX = 5_000;
/** A line that never ends is cut. */
const LINE_LENGTH_MAX = 4_096;

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours of terminals are what is taken out
const COLOURS = /\u001b\[[0-9;?]*[A-Za-z]|[\u0000-\u0008\u000b-\u001f\u007f]/g;

/** Lines that were said, and the beginning of one that is still being said. */
export interface LogLines {
  readonly lines: readonly string[];
  readonly rest: string;
  /** How many were let go of. */
  readonly dropped: number;
}
export const NO_LINES: LogLines = { lines: [], rest: "", dropped: 0 };

/** Adds what came; keeps the newest lines. Pure. */
export function withText({ lines, rest, dropped }: LogLines, text: string): LogLines {
  const parts = (rest + text).split("\n");
  const open = (parts.pop() ?? "").slice(0, LINE_LENGTH_MAX);
  const fresh = parts.map((line) => line.replace(COLOURS, "").slice(0, LINE_LENGTH_MAX));
  const all = [...lines, ...fresh];
  const over = Math.max(0, all.length - LINES_MAX);
  return { lines: over > 0 ? all.slice(over) : all, rest: open, dropped: dropped + over };
}
