import { isObject } from "../../../core/std/json.ts";

/** A line that everybody in the room hears. */
export interface Said {
  /** The session of who said it. */
  readonly from: string;
  readonly user: string;
  readonly name: string;
  readonly text: string;
  /** ISO 8601. */
  readonly at: string;
  /** True for what was said before one came in. */
  readonly is_old?: true;
}
/** A line between two players; who whispers hears it, too. */
export interface Whispered extends Said {
  /** The player to whom. */
  readonly to: string;
}

/** The last lines of a room, for those who come later. */
export class ChatTail {
  readonly #linesMax: number;
  #lines: Said[];

  constructor(lines: readonly Said[], linesMax: number) {
    this.#linesMax = linesMax;
    this.#lines = lines.slice(-linesMax);
  }

  get lines(): readonly Said[] {
    return this.#lines;
  }

  add(line: Said): void {
    this.#lines = [...this.#lines, line].slice(-this.#linesMax);
  }
}

/** A line as it was kept; none when it makes no sense. */
export function chatLineOf(value: unknown): Said[] {
  if (!isObject(value)) return [];
  const { from, user, name, text, at } = value;
  const isLine = [from, user, name, text, at].every((part) => typeof part === "string");
  return isLine ? [{ from, user, name, text, at } as Said] : [];
}
