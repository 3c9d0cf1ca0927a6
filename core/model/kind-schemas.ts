import { type AnyKind, apiVersionOf } from "./kinds.ts";
import type { Schema } from "./schema.ts";
import { object, oneOf } from "./schemas/build.ts";
import { CONTAINER_SPEC, CONTAINER_STATUS } from "./schemas/container.ts";
import { EVENT_FIELDS } from "./schemas/event.ts";
import {
  FLEET_REVISION_SPEC,
  FLEET_REVISION_STATUS,
  FLEET_SPEC,
  FLEET_STATUS,
  GAME_SERVER_SET_SPEC,
  GAME_SERVER_SET_STATUS,
} from "./schemas/fleet.ts";
import { FLEET_AUTOSCALER_SPEC, FLEET_AUTOSCALER_STATUS } from "./schemas/fleet-autoscaler.ts";
import { GAME_SERVER_SPEC, GAME_SERVER_STATUS } from "./schemas/game-server.ts";
import {
  GAME_SERVER_ALLOCATION_SPEC,
  GAME_SERVER_ALLOCATION_STATUS,
} from "./schemas/game-server-allocation.ts";
import { IMAGE_SPEC, IMAGE_STATUS } from "./schemas/image.ts";
import { metadataOf } from "./schemas/metadata.ts";
import { NETWORK_SPEC, NETWORK_STATUS } from "./schemas/network.ts";
import { NODE_SPEC, NODE_STATUS } from "./schemas/node.ts";
import { ROOM_SPEC, ROOM_STATUS } from "./schemas/room.ts";
import { SERVICE_SPEC, SERVICE_STATUS } from "./schemas/service.ts";

/** The whole of each kind as a schema: what the OpenAPI page shows, and what input is checked against. */
export const KIND_SCHEMAS: Readonly<Record<AnyKind, Schema>> = {
  GameServer: kind("GameServer", GAME_SERVER_SPEC, GAME_SERVER_STATUS),
  GameServerSet: kind("GameServerSet", GAME_SERVER_SET_SPEC, GAME_SERVER_SET_STATUS),
  Fleet: kind("Fleet", FLEET_SPEC, FLEET_STATUS),
  FleetAutoscaler: kind("FleetAutoscaler", FLEET_AUTOSCALER_SPEC, FLEET_AUTOSCALER_STATUS),
  FleetRevision: kind("FleetRevision", FLEET_REVISION_SPEC, FLEET_REVISION_STATUS),
  GameServerAllocation: kind(
    "GameServerAllocation",
    GAME_SERVER_ALLOCATION_SPEC,
    GAME_SERVER_ALLOCATION_STATUS,
  ),
  Container: kind("Container", CONTAINER_SPEC, CONTAINER_STATUS),
  Service: kind("Service", SERVICE_SPEC, SERVICE_STATUS),
  Network: kind("Network", NETWORK_SPEC, NETWORK_STATUS),
  Image: kind("Image", IMAGE_SPEC, IMAGE_STATUS),
  Node: kind("Node", NODE_SPEC, NODE_STATUS),
  Room: kind("Room", ROOM_SPEC, ROOM_STATUS),
  Event: object("Something that happened, and why. Read-only.", {
    ...typed("Event"),
    ...EVENT_FIELDS,
  }),
};

/** The schema of one member (`spec`, `status`) of a kind. */
export function memberSchema(kind: AnyKind, name: "metadata" | "spec" | "status"): Schema {
  return KIND_SCHEMAS[kind].properties?.[name] ?? {};
}

function typed(kind: AnyKind): Record<string, Schema> {
  return {
    apiVersion: oneOf("Group and version.", [apiVersionOf(kind)]),
    kind: oneOf("Kind.", [kind]),
    metadata: metadataOf(kind),
  };
}

function kind(name: AnyKind, spec: Schema, status: Schema): Schema {
  const description = spec.description ?? "";
  return object(description, { ...typed(name), spec, status });
}
