import type { Schema } from "../schema.ts";
import { dnsSubdomain, flag, integer, object, oneOf, refusedAll, text, time } from "./build.ts";
import { REPLICAS_MAX } from "./fleet.ts";

const BUFFER: Schema = object(
  "Keeps servers free beyond the allocated ones.",
  {
    bufferSize: {
      description: "Servers to keep free, or the percentage of all that is to be free.",
      format: "int-or-percent",
      minimum: 1,
    },
    minReplicas: integer("Never fewer.", 0, REPLICAS_MAX, { default: 0 }),
    maxReplicas: integer("Never more.", 1, REPLICAS_MAX),
  },
  { required: ["bufferSize", "maxReplicas"] },
);

export const FLEET_AUTOSCALER_SPEC: Schema = object(
  "Sets the replicas of a fleet.",
  {
    fleetName: dnsSubdomain("The fleet, in the same namespace."),
    policy: object(
      "How many there are to be.",
      {
        type: oneOf("Which policy.", ["Buffer"], {
          "x-flotilla-later": ["Counter", "List", "Webhook", "Schedule", "Chain", "Wasm"],
        }),
        buffer: BUFFER,
        ...refusedAll("this policy is not supported yet: only buffer is", [
          ...["counter", "list", "webhook", "schedule", "chain", "wasm"],
        ]),
      },
      { required: ["type"] },
    ),
    sync: object(
      "How often to look even when nothing happened; an allocation is reacted to at once.",
      {
        type: oneOf("The only way.", ["FixedInterval"], { default: "FixedInterval" }),
        fixedInterval: object(
          "Every so many seconds.",
          { seconds: integer("Seconds.", 1, 86_400, { default: 30 }) },
          { default: {} },
        ),
      },
      { default: {} },
    ),
  },
  { required: ["fleetName", "policy"] },
);

const count = (description: string): Schema =>
  integer(description, 0, REPLICAS_MAX, { default: 0 });
export const FLEET_AUTOSCALER_STATUS: Schema = object("What it did last.", {
  currentReplicas: count("Replicas that it found."),
  desiredReplicas: count("Replicas that it wants."),
  lastScaleTime: time("When it last changed the fleet."),
  ableToScale: flag("The fleet is there.", { default: false }),
  scalingLimited: flag("minReplicas or maxReplicas changed what it wants.", { default: false }),
  lastAppliedPolicy: text("The policy that decided."),
  reason: text("Why, in one word."),
  message: text("Why, for people."),
});
