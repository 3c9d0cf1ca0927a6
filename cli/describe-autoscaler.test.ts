import { expect, it } from "vitest";
import type { FleetAutoscaler } from "../core/model/fleet-autoscaler.ts";
import { autoscalersText } from "./describe-autoscaler.ts";

const AUTOSCALER = {
  metadata: { name: "arena", namespace: "default" },
  spec: { fleetName: "arena", policy: { type: "Max", max: [] } },
  status: {
    currentReplicas: 4,
    desiredReplicas: 7,
    lastScaleTime: "2026-01-01T00:00:00Z",
    ableToScale: true,
    scalingLimited: false,
    reason: "ScaleUp",
    message: "players: 55 players, 8 per server, want 7",
    policies: [
      { id: "players", type: "Players", desiredReplicas: 7, limited: false, message: "55 players" },
      {
        id: "cpu",
        type: "CPU",
        desiredReplicas: 3,
        limited: false,
        reason: "MetricsStale",
        message: "3 stands",
      },
    ],
  },
} as unknown as FleetAutoscaler;

it("tells what an autoscaler wants, when it scaled, and each part's wish and reason", () => {
  const text = autoscalersText([AUTOSCALER], Date.parse("2026-01-01T00:01:30Z"));
  expect(text.split("\n").map((line) => line.trimEnd())).toEqual([
    "Autoscalers:",
    "  arena (Max) wants 7, found 4, scaled 90s ago",
    "    ScaleUp: players: 55 players, 8 per server, want 7",
    "    POLICY    TYPE      WANTS   REASON         WHY",
    "    players   Players   7                      55 players",
    "    cpu       CPU       3       MetricsStale   3 stands",
    "",
  ]);
});

it("says that nothing was decided yet, and nothing without an autoscaler", () => {
  const status = {
    currentReplicas: 0,
    desiredReplicas: 0,
    ableToScale: false,
    scalingLimited: false,
  };
  expect(autoscalersText([{ ...AUTOSCALER, status }], 0)).toContain("no decision yet");
  expect(autoscalersText([], 0)).toBe("");
});
