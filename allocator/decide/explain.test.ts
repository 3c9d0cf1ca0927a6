import { expect, it } from "vitest";
import type { Fleet } from "../../core/model/fleet.ts";
import type { FleetAutoscaler } from "../../core/model/fleet-autoscaler.ts";
import { explainMiss } from "./explain.ts";
import { serverOf } from "./servers.fixture.ts";

const FLEET = { matchLabels: { "agones.dev/fleet": "arena" } };
const rooms = (count: number) => ({ counters: { rooms: { count, capacity: 2 } } });

it("says how many were looked at, what each selector left out, and what is done about it", () => {
  const servers = [
    serverOf({ fleet: "other" }),
    serverOf({ state: "Starting" }),
    serverOf({ state: "Allocated", ...rooms(2) }),
    serverOf({ state: "Allocated", ...rooms(2) }),
    serverOf({ state: "Allocated", isDraining: true }),
  ];
  const selectors = [
    { ...FLEET, gameServerState: "Allocated", counters: { rooms: { minAvailable: 1 } } },
    FLEET,
  ] as const;
  const fleet = { spec: { replicas: 4 } } as Fleet;
  const autoscaler = {
    metadata: { name: "spare" },
    status: {
      desiredReplicas: 5,
      reason: "ScaleUp",
      message: "3 are allocated, 2 are to be spare",
    },
  } as FleetAutoscaler;
  const facts = { name: "arena", fleet, autoscalers: [autoscaler] };
  expect(explainMiss("default", servers, selectors, [facts]).split("; ")).toEqual([
    "none of 5 game servers in namespace default is to be had",
    "Allocated with agones.dev/fleet=arena, counter rooms minAvailable 1: 1 with other labels, 1 are Starting, 2 without that in counter rooms, 1 are about to end",
    "Ready with agones.dev/fleet=arena: 1 with other labels, 1 are Starting, 3 are Allocated",
    "fleet arena wants 4: 0 Ready, 3 held, 1 on the way, autoscaler spare wants 5 (ScaleUp: 3 are allocated, 2 are to be spare)",
  ]);
});

it("names a fleet that is not there, and says when nothing scales one", () => {
  const fleet = { spec: { replicas: 0 } } as Fleet;
  const none = { name: "none", fleet: undefined, autoscalers: [] };
  expect(explainMiss("games", [], [FLEET], [none, { ...none, name: "arena", fleet }])).toBe(
    "none of 0 game servers in namespace games is to be had; there is no fleet none; fleet arena wants 0: 0 Ready, 0 held, 0 on the way, no autoscaler",
  );
});

it("does not give back all of a selector that is longer than anybody reads", () => {
  const values = Array.from({ length: 100 }, (_, i) => `value-${i}`.padEnd(60, "x"));
  const selector = { matchExpressions: [{ key: "map", operator: "NotIn", values }] } as const;
  const text = explainMiss("default", [serverOf({ state: "Starting" })], [selector], []);
  expect(text).toMatch(/; Ready with map NotIn value-0x.*…: 1 are Starting$/);
  expect(text.length).toBeLessThan(1_000);
});
