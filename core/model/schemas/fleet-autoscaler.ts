import { REASONS } from "../reason.ts";
import type { Schema } from "../schema.ts";
import {
  CHAIN,
  ENTRY_POLICIES,
  ENTRY_TYPES,
  MAX,
  REFUSED_POLICIES,
} from "./autoscaler-policies.ts";
import { dnsSubdomain, flag, integer, list, object, oneOf, text, time } from "./build.ts";
import { REPLICAS_MAX } from "./fleet.ts";

const POLICY_TYPES: readonly string[] = [...ENTRY_TYPES, "Chain", "Max"];
const WINDOW_MAX_SECONDS = 3_600;
const STEPS_MAX = 8;

const STEP: Schema = object(
  "At most this much within the period.",
  {
    type: oneOf("What value counts.", ["Replicas", "Percent"]),
    value: integer("Servers, or percent of the servers at the period's begin.", 1, REPLICAS_MAX),
    periodSeconds: integer("The period.", 1, 1_800),
  },
  { required: ["type", "value", "periodSeconds"] },
);
const scalingRules = (description: string, windowSeconds: number): Schema =>
  object(
    description,
    {
      stabilizationWindowSeconds: integer(
        "The most careful wish of so many seconds counts.",
        0,
        WINDOW_MAX_SECONDS,
        { default: windowSeconds },
      ),
      selectPolicy: oneOf(
        "Which of several steps counts: the widest, the narrowest; or no change this way at all.",
        ["Max", "Min", "Disabled"],
        { default: "Max" },
      ),
      policies: list("Bounds of a change; none: no bound.", STEP, STEPS_MAX, { default: [] }),
    },
    { default: {} },
  );
export const BEHAVIOR: Schema = object(
  "How fast a wish is followed, as in a HorizontalPodAutoscaler. Not Agones': leave it out with its policies for its behaviour.",
  {
    scaleUp: scalingRules("On the way up.", 0),
    scaleDown: scalingRules("On the way down.", 300),
  },
);

export const FLEET_AUTOSCALER_SPEC: Schema = object(
  "Sets the replicas of a fleet.",
  {
    fleetName: dnsSubdomain("The fleet, in the same namespace."),
    policy: object(
      "How many there are to be. Players, CPU and Max are not Agones'.",
      {
        type: oneOf("Which policy.", POLICY_TYPES, { "x-flotilla-later": ["Wasm"] }),
        ...ENTRY_POLICIES,
        chain: CHAIN,
        max: MAX,
        ...REFUSED_POLICIES,
      },
      { required: ["type"] },
    ),
    behavior: BEHAVIOR,
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
const POLICY_STATUS: Schema = object("One policy's wish.", {
  id: text("Its id in the chain or maximum, or its type."),
  type: oneOf("Which policy.", POLICY_TYPES),
  desiredReplicas: count("Replicas that it wants, within its bounds."),
  limited: flag("Its bounds changed what it wants.", { default: false }),
  reason: oneOf("Why it has no wish of its own now; its last good one stands.", REASONS),
  message: text("The computation, for people."),
});
export const FLEET_AUTOSCALER_STATUS: Schema = object("What it did last.", {
  currentReplicas: count("Replicas that it found."),
  desiredReplicas: count("Replicas that it wants."),
  lastScaleTime: time("When it last changed the fleet."),
  ableToScale: flag("The fleet is there, and this is the autoscaler that sets it.", {
    default: false,
  }),
  scalingLimited: flag("A bound changed what it wants.", { default: false }),
  lastAppliedPolicy: text("The policy that decided."),
  reason: text("Why, in one word."),
  message: text("Why, for people."),
  policies: list("What each policy wants and why. Not Agones'.", POLICY_STATUS, 17),
});
