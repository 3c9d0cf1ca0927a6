import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SessionLimits } from "../../core/model/fleet.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import {
  GAME_SERVER_STATE_NAMES,
  GAME_SERVER_STATES,
  type GameServerState,
} from "../../core/model/game-server-state.ts";
import { parseRfc3339 } from "../../core/std/clock.ts";
import { decideDeadline } from "./deadline.ts";

const START = parseRfc3339("2026-01-01T00:00:00Z") ?? 0;
const draining = { "flotilla.dev/draining-since": "2026-01-01T00:00:00Z" };
const since = { "agones.dev/last-allocated": "2026-01-01T00:00:00Z" };

function serverIn(state: GameServerState, annotations: object, metadata: object = {}): GameServer {
  return { metadata: { annotations, ...metadata }, status: { state } } as unknown as GameServer;
}
const decided = (
  seconds: number,
  state: GameServerState,
  annotations: object,
  limits: SessionLimits,
) => decideDeadline(serverIn(state, annotations), limits, START + seconds * 1_000);

describe("decideDeadline", () => {
  // biome-ignore format: a table is read by its columns
  it.each([
    ["waits for the end of the drain", 10, "Allocated", draining, { drainSeconds: 60 }, { do: "lookAgain", inMs: 50_000 }],
    ["ends a session whose drain is over", 60, "Allocated", draining, { drainSeconds: 60 }, { do: "shutDown", because: "DrainDeadline" }],
    ["ends a reservation whose drain is over", 60, "Reserved", draining, { drainSeconds: 60 }, { do: "shutDown", because: "DrainDeadline" }],
    ["ends at once with a drain of nothing", 0, "Allocated", draining, { drainSeconds: 0 }, { do: "shutDown", because: "DrainDeadline" }],
    ["ends a session that is too old", 100, "Allocated", since, { maxSessionAgeSeconds: 99 }, { do: "shutDown", because: "SessionAgeReached" }],
    ["takes the earlier of both", 30, "Allocated", { ...since, ...draining }, { drainSeconds: 40, maxSessionAgeSeconds: 20 }, { do: "shutDown", because: "SessionAgeReached" }],
    ["looks again within the hour, however far it is", 0, "Allocated", since, { maxSessionAgeSeconds: 999_999_999 }, { do: "lookAgain", inMs: 3_600_000 }],
  ] as const)("%s", (_, seconds, state, annotations, limits, expected) => {
    expect(decided(seconds, state, annotations, limits)).toMatchObject(expected);
  });

  it.each([
    ["nobody set a deadline", "Allocated", { ...since, ...draining }, {}],
    ["it need not drain", "Allocated", {}, { drainSeconds: 1 }],
    ["nobody knows since when it is allocated", "Allocated", {}, { maxSessionAgeSeconds: 1 }],
    ["a reservation has an end of its own", "Reserved", since, { maxSessionAgeSeconds: 1 }],
  ] as const)("ends nothing when %s", (_, state, annotations, limits) => {
    expect(decided(1_000_000, state, annotations, limits)).toBeUndefined();
  });

  it("ends nothing that ends already", () => {
    const server = serverIn("Allocated", draining, { deletionTimestamp: "2026-01-01T00:00:00Z" });
    expect(decideDeadline(server, { drainSeconds: 0 }, START + 1)).toBeUndefined();
  });

  it("never ends what is not held, and never before its time", () => {
    const limits = fc.record({
      drainSeconds: fc.nat(100),
      maxSessionAgeSeconds: fc.integer({ min: 1, max: 100 }),
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...GAME_SERVER_STATE_NAMES),
        fc.nat(200),
        limits,
        (state, seconds, given) => {
          const action = decided(seconds, state, { ...since, ...draining }, given);
          if (!GAME_SERVER_STATES[state].held) expect(action).toBeUndefined();
          if (action?.do === "shutDown")
            expect(seconds).toBeGreaterThanOrEqual(
              Math.min(given.drainSeconds, given.maxSessionAgeSeconds),
            );
        },
      ),
    );
  });
});
