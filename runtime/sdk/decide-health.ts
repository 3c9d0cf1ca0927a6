import type { Health } from "../../core/model/game-server.ts";

export type HealthVerdict = "healthy" | "unknown" | "unhealthy";

/** What health is decided on; all times of one decision are milliseconds of one clock. */
export interface HealthSubject {
  readonly health: Health;
  readonly startedAt: number;
}

/**
 * Agones' rule. The clock starts `initialDelaySeconds` after the container; a check every `periodSeconds` fails when the
 * last ping is older than a period; a ping forgives; `failureThreshold` failed checks in a row make it unhealthy.
 * Ours beside it: nobody knows the pings that were sent before this door was there, so a game server that is older than
 * the door is unknown until its next ping, however long that takes.
 */
export function decideHealth(
  { health, startedAt }: HealthSubject,
  lastPingMs: number | undefined,
  doorStartedAtMs: number,
  now: number,
): HealthVerdict {
  if (health.disabled) return "healthy";
  if (lastPingMs === undefined && startedAt < doorStartedAtMs) return "unknown";
  const periodMs = Math.max(1, health.periodSeconds * 1000);
  const clockStart = startedAt + Math.max(0, health.initialDelaySeconds) * 1000;
  const last = Math.max(clockStart, lastPingMs ?? clockStart);
  const checksUntil = (time: number): number => Math.floor((time - clockStart) / periodMs);
  const failures = checksUntil(now) - checksUntil(last + periodMs);
  if (failures >= Math.max(1, health.failureThreshold)) return "unhealthy";
  return lastPingMs === undefined ? "unknown" : "healthy";
}
