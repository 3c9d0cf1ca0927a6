import type { Problem } from "../../std/errors.ts";
import { sameJson } from "../../std/json.ts";
import type { FleetSpec, FleetStatus, GameServerTemplate } from "../fleet.ts";
import { DEV_ADDRESS } from "../game-server.ts";
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
  check: ({ spec }) => checkTemplate(spec.template),
  firstStatus: () => ZEROS,
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
