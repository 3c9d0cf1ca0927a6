import { DRAINING_SINCE, type SessionLimits } from "../../core/model/fleet.ts";
import { type GameServer, LAST_ALLOCATED } from "../../core/model/game-server.ts";
import { GAME_SERVER_STATES } from "../../core/model/game-server-state.ts";
import type { Reason } from "../../core/model/reason.ts";
import { parseRfc3339 } from "../../core/std/clock.ts";

/** When a held server is shut down because a person said so. */
export interface Deadline {
  /** Wall time in milliseconds. */
  readonly atMs: number;
  readonly because: Reason;
  readonly message: string;
}

/**
 * The earlier of a held server's two deadlines: `drainSeconds` after it began to drain, `maxSessionAgeSeconds` after its
 * last allocation. Undefined when nobody set one, or the time that it counts from is not known.
 */
export function deadlineOf(
  { metadata, status }: GameServer,
  { drainSeconds, maxSessionAgeSeconds }: SessionLimits,
): Deadline | undefined {
  if (!GAME_SERVER_STATES[status.state].held) return undefined;
  const drainedAt = after(metadata.annotations?.[DRAINING_SINCE], drainSeconds);
  const allocated =
    status.state === "Allocated" ? metadata.annotations?.[LAST_ALLOCATED] : undefined;
  const agedAt = after(allocated, maxSessionAgeSeconds);
  if (drainedAt !== undefined && drainedAt <= (agedAt ?? Number.POSITIVE_INFINITY))
    return {
      atMs: drainedAt,
      because: "DrainDeadline",
      message: `it was to drain within ${drainSeconds} s`,
    };
  if (agedAt === undefined) return undefined;
  const message = `its session is older than ${maxSessionAgeSeconds} s`;
  return { atMs: agedAt, because: "SessionAgeReached", message };
}

function after(since: string | undefined, seconds: number | undefined): number | undefined {
  if (since === undefined || seconds === undefined) return undefined;
  const ms = parseRfc3339(since);
  return ms === undefined ? undefined : ms + seconds * 1_000;
}

export type DeadlineAction =
  | { readonly do: "shutDown"; readonly because: Reason; readonly message: string }
  | { readonly do: "lookAgain"; readonly inMs: number };

/** A timer reaches no further than some days: what is later is looked at in between. */
const LOOK_AGAIN_MAX_MS = 3_600_000;

/** Shuts a held server down when its time is over, or says when to look again. `now` in milliseconds of wall time. */
export function decideDeadline(
  server: GameServer,
  limits: SessionLimits,
  now: number,
): DeadlineAction | undefined {
  if (server.metadata.deletionTimestamp !== undefined) return undefined;
  const deadline = deadlineOf(server, limits);
  if (!deadline) return undefined;
  const { atMs, because, message } = deadline;
  return atMs <= now
    ? { do: "shutDown", because, message }
    : { do: "lookAgain", inMs: Math.min(atMs - now, LOOK_AGAIN_MAX_MS) };
}
