import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideHealth, type HealthVerdict } from "./decide-health.ts";

const AGONES = { disabled: false, initialDelaySeconds: 5, periodSeconds: 5, failureThreshold: 3 };
const seconds = (s: number): number => s * 1000;

/** Agones' own loop, step by step: what the closed form must agree with. */
function simulated(
  health: typeof AGONES,
  startedAt: number,
  pings: readonly number[],
  now: number,
): HealthVerdict {
  const clockStart = startedAt + health.initialDelaySeconds * 1000;
  const period = health.periodSeconds * 1000;
  let failures = 0;
  let last = clockStart;
  let previous = clockStart;
  for (let check = clockStart + period; check <= now; check += period) {
    const heard = pings.filter((ping) => ping > previous && ping <= check);
    if (heard.length > 0) failures = 0;
    last = Math.max(last, ...heard);
    if (check > last + period) failures += 1;
    previous = check;
  }
  if (pings.some((ping) => ping > previous && ping <= now)) failures = 0;
  if (failures >= health.failureThreshold) return "unhealthy";
  return pings.some((ping) => ping <= now) ? "healthy" : "unknown";
}

const anyHealth = fc.record({
  disabled: fc.constant(false),
  initialDelaySeconds: fc.nat(10),
  periodSeconds: fc.integer({ min: 1, max: 10 }),
  failureThreshold: fc.integer({ min: 1, max: 5 }),
});

describe("decideHealth", () => {
  it.each([
    ["waits for the first ping during the initial delay", undefined, 4, "unknown"],
    ["lets a game server that never pings live until its threshold", undefined, 24.9, "unknown"],
    ["fails a game server that never pinged", undefined, 25, "unhealthy"],
    ["is healthy after a ping", 6, 7, "healthy"],
    ["bears a gap shorter than the threshold", 6, 24.9, "healthy"],
    ["fails 15 to 20 seconds after the last ping", 6, 25, "unhealthy"],
    ["counts a ping on the very tick as in time", 5, 20, "healthy"],
  ] as const)("%s", (_, lastPing, now, verdict) => {
    const last = lastPing === undefined ? undefined : seconds(lastPing);
    expect(decideHealth({ health: AGONES, startedAt: 0 }, last, 0, seconds(now))).toBe(verdict);
  });

  it("is healthy for ever when health is disabled", () => {
    const subject = { health: { ...AGONES, disabled: true }, startedAt: 0 };
    expect(decideHealth(subject, undefined, 0, seconds(1e6))).toBe("healthy");
  });

  it("agrees with Agones' loop, whatever the pings", () => {
    const times = fc.array(fc.integer({ min: 0, max: seconds(120) }), { maxLength: 20 });
    fc.assert(
      fc.property(
        anyHealth,
        times,
        fc.integer({ min: 0, max: seconds(150) }),
        (health, pings, now) => {
          const heard = pings.filter((ping) => ping <= now);
          const last = heard.length > 0 ? Math.max(...heard) : undefined;
          expect(decideHealth({ health, startedAt: 0 }, last, 0, now)).toBe(
            simulated(health, 0, pings, now),
          );
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("never fails a game server that is older than the door and has not pinged since", () => {
    fc.assert(
      fc.property(anyHealth, fc.nat(), fc.nat(), fc.nat(), (health, startedAt, younger, later) => {
        const doorStartedAt = startedAt + younger + 1;
        const now = doorStartedAt + later;
        expect(decideHealth({ health, startedAt }, undefined, doorStartedAt, now)).toBe("unknown");
      }),
    );
  });

  it("stays unhealthy without a ping and is healthy within a period of one", () => {
    fc.assert(
      fc.property(anyHealth, fc.nat(seconds(100)), fc.nat(seconds(100)), (health, now, more) => {
        const subject = { health, startedAt: 0 };
        const before = decideHealth(subject, 0, 0, now);
        const after = decideHealth(subject, 0, 0, now + more);
        expect(before === "unhealthy" && after !== "unhealthy").toBe(false);
        expect(decideHealth(subject, now, 0, now + health.periodSeconds * 1000)).toBe("healthy");
      }),
    );
  });
});
