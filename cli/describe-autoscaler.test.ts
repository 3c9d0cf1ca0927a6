import { expect, it } from "vitest";
import { made } from "../core/model/admit-inputs.ts";
import type { FleetAutoscaler } from "../core/model/fleet-autoscaler.ts";
import type { ServiceScalingStatus } from "../core/model/service.ts";
import { autoscalersText, serviceScalingText } from "./describe-autoscaler.ts";

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

it("tells what a service's own autoscaling wants and why, and nothing without it", () => {
  const resources = { limits: { cpu: 1 } };
  const autoscaling = { maxReplicas: 8, cpu: { meanPercent: 60 } };
  const one = made("Service", { spec: { autoscaling, template: { spec: { resources } } } });
  const lines = (text: string): string[] => text.trimEnd().split("\n");
  expect(lines(serviceScalingText(one, 0))).toEqual([
    "Autoscaling: between 1 and 8 replicas, no decision yet",
  ]);
  const status: ServiceScalingStatus = {
    ...{ currentReplicas: 2, desiredReplicas: 3, scalingLimited: false },
    reason: "ScaleUp",
    ...{ message: "CPU mean of 90%", lastScaleTime: "2026-01-01T00:00:00Z" },
  };
  const scaled = { ...one, status: { ...one.status, autoscaling: status } };
  expect(lines(serviceScalingText(scaled, Date.parse("2026-01-01T00:00:05Z")))).toEqual([
    "Autoscaling: between 1 and 8 replicas, wants 3, found 2, scaled 5s ago",
    "  ScaleUp: CPU mean of 90%",
  ]);
  expect(serviceScalingText(made("Service"), 0)).toBe("");
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
