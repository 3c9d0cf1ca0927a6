import { isObject } from "../../../core/std/json.ts";
import type { Point } from "../input.ts";
import { chatLineOf, type Said } from "./chat.ts";

/** What a room leaves behind, for the next one of its map. */
export interface Snapshot {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly avatars: readonly Avatar[];
  readonly chat: readonly Said[];
}
export interface Avatar extends Point {
  readonly user: string;
}

/** Players of longer ago begin where everybody begins. */
const AVATARS_MS = 600_000;
const AVATARS_MAX = 1000;
const CHAT_MAX = 100;

/** What still counts of a snapshot that was kept; parts that make no sense are left out. */
export function snapshotOf(value: unknown, now: number): Snapshot {
  const { at, avatars, chat } = isObject(value) ? value : ({} as Record<string, unknown>);
  const isRecent = typeof at === "number" && now - at < AVATARS_MS;
  return {
    at: now,
    avatars:
      isRecent && Array.isArray(avatars) ? avatars.filter(isAvatar).slice(0, AVATARS_MAX) : [],
    chat: Array.isArray(chat) ? chat.slice(-CHAT_MAX).flatMap(chatLineOf) : [],
  };
}

function isAvatar(value: unknown): value is Avatar {
  if (!isObject(value)) return false;
  return typeof value.user === "string" && Number.isFinite(value.x) && Number.isFinite(value.y);
}
