import type { RunResult } from "../report/run-result.ts";
import type { Scenario } from "../scenario.ts";
import { ARENA_IMAGE } from "../swarm/seated/arena-fleet.ts";
import { backendFaults, ROOM_SEATS, ROOMS } from "./backend/backend-faults.ts";
import { platformFaults } from "./platform-faults.ts";

/** Everything that can be killed, one after the other, and a full disk, under players: what they notice. */
export const faults: Scenario = {
  about: "platform, game servers, backend, Redis, MongoDB killed under play: what players notice",
  parts: ["login", "asset", "room", "meet", "maps"],
  backings: { smoke: ["redis"], load: ["redis", "mongodb"], spike: ["redis", "mongodb"] },
  // As many seats as these players fill 60 % of, on as many game servers as share a Redis: one.
  changes: {
    room: [{ env: { ROOM_SEATS: String(ROOM_SEATS) } }],
    maps: [
      {
        kind: "FleetAutoscaler",
        at: ["spec", "policy", "counter", "maxCapacity"],
        value: ROOMS,
      },
    ],
  },
  images: [ARENA_IMAGE, "loadtest/bench/echo-game.yaml"],
  diskMiB: 1_500,
  async run(platform, { profile }, progress, signal) {
    const began = performance.now();
    const told = { nowMs: () => performance.now() - began, progress, signal };
    const first = await platformFaults(platform, profile, told);
    const second = await backendFaults(platform, profile, told);
    const both = <K extends "faults" | "thresholds" | "notes">(key: K) =>
      [...(first[key] ?? []), ...(second[key] ?? [])] as NonNullable<RunResult[K]>;
    return {
      ...first,
      steps: { ...first.steps, ...second.steps },
      ...{ faults: both("faults"), thresholds: both("thresholds"), notes: both("notes") },
      settings: { platform: first.settings, backend: second.settings },
      seconds: Math.round(told.nowMs() / 1000),
    };
  },
};
