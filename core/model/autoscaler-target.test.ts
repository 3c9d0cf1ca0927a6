import { describe, expect, it } from "vitest";
import { mostOf } from "./autoscaler-target.ts";
import type { FleetAutoscalerPolicy, PolicyEntry } from "./fleet-autoscaler.ts";

const rooms = { key: "rooms", bufferSize: 5, minCapacity: 0, maxCapacity: 100 };
const COUNTER: PolicyEntry = { id: "counter", type: "Counter", counter: rooms };
const LIST: PolicyEntry = { id: "list", type: "List", list: { ...rooms, key: "players" } };
const WEBHOOK: PolicyEntry = { id: "hook", type: "Webhook", webhook: { url: "http://a/b" } };
const buffer = (maxReplicas: number): PolicyEntry => ({
  id: `to-${maxReplicas}`,
  type: "Buffer",
  buffer: { bufferSize: 2, minReplicas: 0, maxReplicas },
});

describe("the most that a policy asks for", () => {
  it.each<[string, FleetAutoscalerPolicy, string]>([
    ["is servers", buffer(8), "8"],
    ["is the capacity of a Counter", COUNTER, "100 rooms"],
    ["is the capacity of a List", LIST, "100 players"],
    ["is nothing that is known for a program of the user", WEBHOOK, "-"],
    ["is the highest of a Max", { type: "Max", max: [buffer(8), buffer(12)] }, "12"],
    [
      "is each bound of its own of a Max",
      { type: "Max", max: [COUNTER, buffer(8)] },
      "8,100 rooms",
    ],
    ["is unknown when one of a Chain is", { type: "Chain", chain: [buffer(8), WEBHOOK] }, "-"],
    [
      "is that of what a Schedule holds",
      { type: "Schedule", schedule: { policy: COUNTER } },
      "100 rooms",
    ],
  ])("%s", (_, policy, most) => {
    expect(mostOf(policy)).toBe(most);
  });
});
