/** What clients send, looked at once: pure, so that every way to send it is judged alike. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export const NAME_LENGTH_MAX = 24;
export const CHAT_LENGTH_MAX = 200;
const ECHO_LENGTH_MAX = 256;

/** A point that a client sent; undefined when it is none. */
export function pointOf(value: unknown): Point | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { x, y } = value as { readonly x?: unknown; readonly y?: unknown };
  if (typeof x !== "number" || typeof y !== "number") return undefined;
  return Number.isFinite(x) && Number.isFinite(y) ? { x, y } : undefined;
}

// biome-ignore format: one pattern
// Control characters have no place in a line of chat.
const CONTROL = /\p{Cc}/gu;

/** What is said, without control characters; undefined when nothing is left or it is too long. */
export function chatOf(value: unknown): string | undefined {
  if (typeof value !== "string" || value.length > CHAT_LENGTH_MAX) return undefined;
  const text = value.replace(CONTROL, " ").trim();
  return text === "" ? undefined : text;
}

/** A name for people to read; never empty. */
export function nameOf(value: unknown, fallback: string): string {
  if (typeof value !== "string") return fallback;
  const name = [...value.replace(CONTROL, " ").trim()].slice(0, NAME_LENGTH_MAX).join("");
  return name === "" ? fallback : name;
}

/** What an echo may carry, given back; null for anything else. */
export function echoed(value: unknown): unknown {
  return typeof value === "number" || (typeof value === "string" && value.length <= ECHO_LENGTH_MAX)
    ? value
    : null;
}
