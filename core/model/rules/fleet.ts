import type { Problem } from "../../std/errors.ts";
import { sameJson } from "../../std/json.ts";
import {
  DRAIN_SECONDS,
  type Fleet,
  type FleetSpec,
  type FleetStatus,
  type GameServerTemplate,
  MAX_SESSION_AGE_SECONDS,
  SECONDS,
} from "../fleet.ts";
import { DEV_ADDRESS } from "../game-server.ts";
import { found } from "../schema-words.ts";
import {
  checkDevAddress,
  checkSpec,
  completeTemplate,
  healthWarnings,
} from "./game-server-spec.ts";
import { type Rules, unless } from "./rules.ts";

const ZEROS: FleetStatus = {
  replicas: 0,
  readyReplicas: 0,
  reservedReplicas: 0,
  allocatedReplicas: 0,
};

export const FLEET_RULES: Rules<"Fleet"> = {
  complete: (fleet) => ({
    ...fleet,
    spec: {
      ...fleet.spec,
      strategy: completeStrategy(fleet.spec.strategy),
      template: completed(fleet.spec.template),
    },
  }),
  warnings: ({ spec }) => healthWarnings(spec.template.spec, "spec.template.spec"),
  check: (fleet) => [...checkTemplate(fleet.spec.template), ...checkSessionLimits(fleet)],
  firstStatus: () => ZEROS,
};

export const FLEET_REVISION_RULES: Rules<"FleetRevision"> = {
  frozen: (old, next) =>
    unless(
      sameJson(old.spec, next.spec),
      "spec",
      "cannot be changed: a revision is what a fleet had",
    ),
  firstStatus: () => ({}),
};

export const GAME_SERVER_SET_RULES: Rules<"GameServerSet"> = {
  complete: (set) => ({
    ...set,
    spec: { ...set.spec, template: completed(set.spec.template) },
  }),
  warnings: ({ spec }) => healthWarnings(spec.template.spec, "spec.template.spec"),
  check: ({ spec }) => checkTemplate(spec.template),
  frozen: (old, next) =>
    unless(
      sameJson(old.spec.template, next.spec.template),
      "spec.template",
      "cannot be changed: change the fleet's template",
    ),
  firstStatus: () => ({ ...ZEROS, shutdownReplicas: 0 }),
};

/** Field and annotation say the same thing: a manifest that says both must not say two things. */
function checkSessionLimits({ metadata, spec }: Fleet): readonly Problem[] {
  const given = [
    [DRAIN_SECONDS, "drainSeconds", 0],
    [MAX_SESSION_AGE_SECONDS, "maxSessionAgeSeconds", 1],
  ] as const;
  return given.flatMap(([key, field, minimum]) => {
    const text = metadata.annotations?.[key];
    if (text === undefined) return [];
    const path = `metadata.annotations["${key}"]`;
    const isNumber = SECONDS.test(text) && Number(text) >= minimum;
    const other = spec[field];
    return [
      ...unless(isNumber, path, `must be whole seconds from ${minimum} on, found ${found(text)}`),
      ...unless(
        other === undefined || !isNumber || other === Number(text),
        path,
        `must be as spec.${field} (${other}) or be left out, found ${found(text)}`,
      ),
    ];
  });
}

function completed(template: GameServerTemplate): GameServerTemplate {
  return { ...template, spec: completeTemplate(template.spec) };
}

function completeStrategy(strategy: FleetSpec["strategy"]): FleetSpec["strategy"] {
  if (strategy.type !== "RollingUpdate" || strategy.rollingUpdate) return strategy;
  return { ...strategy, rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } };
}

function checkTemplate({ metadata, spec }: GameServerTemplate): readonly Problem[] {
  const address = metadata?.annotations?.[DEV_ADDRESS];
  const at = `spec.template.metadata.annotations["${DEV_ADDRESS}"]`;
  return [...checkDevAddress(address, at), ...checkSpec(spec, address, "spec.template.spec")];
}
