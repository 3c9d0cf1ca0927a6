import type { Said, Whispered } from "./map-state.ts";

/** A line of the talk as it is shown. */
export interface Line {
  readonly id: number;
  readonly kind: "said" | "whispered" | "note";
  /** The user who speaks; absent for notes. */
  readonly user?: string;
  readonly name?: string;
  /** Whom a whisper is for, by name. */
  readonly to?: string;
  readonly isMine: boolean;
  readonly text: string;
}

const LINES_MAX = 200;

/** The talk with one more line; the oldest go. Pure. */
export function withLine(lines: readonly Line[], line: Omit<Line, "id">): readonly Line[] {
  const id = (lines.at(-1)?.id ?? 0) + 1;
  return [...lines, { id, ...line }].slice(-LINES_MAX);
}

export function saidLine({ user, name, text }: Said, me: string): Omit<Line, "id"> {
  return { kind: "said", user, name, text, isMine: user === me };
}

export function whisperedLine(
  { user, name, to, text }: Whispered,
  me: string,
  nameOf: (user: string) => string,
): Omit<Line, "id"> {
  return { kind: "whispered", user, name, to: nameOf(to), text, isMine: user === me };
}
