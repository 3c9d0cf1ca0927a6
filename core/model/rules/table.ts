import { sameJson } from "../../std/json.ts";
import { NOT_HEARD } from "../node.ts";
import type { Kind } from "../resource.ts";
import type { RoomStatus } from "../room.ts";
import { CONTAINER_RULES } from "./container.ts";
import { FLEET_REVISION_RULES, FLEET_RULES, GAME_SERVER_SET_RULES } from "./fleet.ts";
import { FLEET_AUTOSCALER_RULES } from "./fleet-autoscaler.ts";
import { GAME_SERVER_RULES } from "./game-server.ts";
import { type Rules, unless } from "./rules.ts";
import { SERVICE_RULES } from "./service.ts";

/** The routes that make rooms say where they are. */
const NOWHERE: RoomStatus = {
  ...{ gameServer: "", gameServerUid: "", nodeName: "", address: "" },
  ...{ addresses: [], ports: [], seats: {} },
};

/** The rules of every stored kind. */
export const RULES: { readonly [K in Kind]: Rules<K> } = {
  GameServer: GAME_SERVER_RULES,
  GameServerSet: GAME_SERVER_SET_RULES,
  Fleet: FLEET_RULES,
  FleetRevision: FLEET_REVISION_RULES,
  FleetAutoscaler: FLEET_AUTOSCALER_RULES,
  Container: CONTAINER_RULES,
  Service: SERVICE_RULES,
  Network: {
    frozen: (old, next) =>
      unless(
        sameJson(old.spec.subnet, next.spec.subnet),
        "spec.subnet",
        "cannot be changed: create another network",
      ),
    firstStatus: () => ({}),
  },
  Image: { firstStatus: () => ({ nodes: [] }) },
  Node: {
    firstStatus: () => NOT_HEARD,
  },
  Room: { firstStatus: () => NOWHERE },
};
