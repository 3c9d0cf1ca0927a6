import type { Problem } from "../../std/errors.ts";
import { sameJson } from "../../std/json.ts";
import {
  DEV_ADDRESS,
  devAddressOf,
  type GameServer,
  type GameServerStatus,
} from "../game-server.ts";
import { mayBecome } from "../game-server-state.ts";
import { checkDevAddress, checkSpec, completeSpec, healthWarnings } from "./game-server-spec.ts";
import { type Rules, unless } from "./rules.ts";

const SAFE_TO_EVICT = "cluster-autoscaler.kubernetes.io/safe-to-evict";

export const GAME_SERVER_RULES: Rules<"GameServer"> = {
  complete: (gameServer) => ({ ...gameServer, spec: completeSpec(gameServer.spec) }),
  warnings: ({ spec }) => healthWarnings(spec, "spec"),
  check: (gameServer) => [
    ...checkDevAddress(devAddressOf(gameServer), `metadata.annotations["${DEV_ADDRESS}"]`),
    ...checkSpec(gameServer.spec, devAddressOf(gameServer), "spec"),
  ],
  frozen: (old, next) =>
    unless(sameJson(old.spec, next.spec), "spec", "cannot be changed: change the fleet's template"),
  firstStatus,
  statusMove: ({ status: old }, { status: next }): Problem[] =>
    unless(
      mayBecome(old.state, next.state),
      "status.state",
      `a game server that is ${old.state} cannot become ${next.state}`,
    ),
};

function firstStatus({ spec }: GameServer): GameServerStatus {
  const asks = spec.ports.some((p) => p.portPolicy === "Dynamic" || p.portPolicy === "Passthrough");
  const isSafe = spec.template.metadata?.annotations?.[SAFE_TO_EVICT] === "true";
  return {
    state: asks ? "PortAllocation" : "Creating",
    ports: [],
    address: "",
    addresses: [],
    nodeName: "",
    ...(spec.counters ? { counters: spec.counters } : {}),
    ...(spec.lists ? { lists: spec.lists } : {}),
    eviction: isSafe ? { safe: "Always" } : (spec.eviction ?? { safe: "Never" }),
  };
}
