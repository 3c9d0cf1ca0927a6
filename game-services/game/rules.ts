/** The rules of the arena: pure, so that every way to move or talk is judged alike. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export const ARENA = {
  width: 100,
  height: 100,
  /** Units a player may cover in a second. */
  speed: 25,
  /** A player who was silent may not save up more time than this for one jump. */
  stepMsMax: 250,
  playersMax: 32,
  nameLengthMax: 24,
  chatLengthMax: 200,
} as const;

/** Where a player at `from` gets when `wanted` is asked for `elapsedMs` after the move before. */
export function stepTowards(from: Point, wanted: Point, elapsedMs: number): Point {
  const inside = clamped(wanted);
  const reach = (ARENA.speed * Math.min(Math.max(0, elapsedMs), ARENA.stepMsMax)) / 1000;
  const distance = Math.hypot(inside.x - from.x, inside.y - from.y);
  if (distance <= reach) return inside;
  const part = reach / distance;
  return clamped({
    x: from.x + (inside.x - from.x) * part,
    y: from.y + (inside.y - from.y) * part,
  });
}

function clamped({ x, y }: Point): Point {
  return {
    x: Math.min(Math.max(x, 0), ARENA.width),
    y: Math.min(Math.max(y, 0), ARENA.height),
  };
}

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
  if (typeof value !== "string" || value.length > ARENA.chatLengthMax) return undefined;
  const text = value.replace(CONTROL, " ").trim();
  return text === "" ? undefined : text;
}

/** A name for people to read; never empty. */
export function nameOf(value: unknown, fallback: string): string {
  if (typeof value !== "string") return fallback;
  const name = [...value.replace(CONTROL, " ").trim()].slice(0, ARENA.nameLengthMax).join("");
  return name === "" ? fallback : name;
}

/** A token bucket: `perSecond` on average, `burst` at once. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}
export interface Bucket {
  readonly left: number;
  readonly at: number;
}

export const CHAT_RATE: Rate = { perSecond: 2, burst: 5 };
export const UDP_RATE: Rate = { perSecond: 120, burst: 120 };

export function fullBucket(rate: Rate, now: number): Bucket {
  return { left: rate.burst, at: now };
}

/** Takes one from the bucket; undefined when it is empty. */
export function taken({ left, at }: Bucket, rate: Rate, now: number): Bucket | undefined {
  const filled = Math.min(rate.burst, left + (Math.max(0, now - at) * rate.perSecond) / 1000);
  return filled < 1 ? undefined : { left: filled - 1, at: now };
}

/** True when sequence number `next` comes after `last`, wrapping at 2^32. */
export function isAfter(next: number, last: number | undefined): boolean {
  return last === undefined || ((next - last) | 0) > 0;
}
