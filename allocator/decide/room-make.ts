import { FLEET_LABEL } from "../../core/model/fleet.ts";
import { type GameServer, LAST_ALLOCATED } from "../../core/model/game-server.ts";
import { apiVersionOf } from "../../core/model/kinds.ts";
import { NAME_LENGTH_MAX } from "../../core/model/names.ts";
import type { Labels } from "../../core/model/resource.ts";
import { JOIN_KEYS, ROOMS_COUNTER, type Room } from "../../core/model/room.ts";
import { mergePatch } from "../../core/std/json.ts";
import { roomsCounterOf } from "./room-hosts.ts";

/** The room that somebody wants: found are rooms with the same fleet, attributes and capacity. */
export interface RoomWish {
  readonly namespace: string;
  readonly fleet: string;
  readonly attributes: Labels;
  readonly capacity: number;
  readonly open: boolean;
  readonly emptySeconds: number;
}
/** A server as it becomes; `delta` is the merge patch of it. */
export interface ServerChange {
  readonly server: GameServer;
  readonly delta: object;
}

/** The same text for rooms that are as good as each other for who looks for one. */
export function likenessOf(namespace: string, spec: Omit<RoomWish, "namespace">): string {
  const pairs = Object.entries(spec.attributes)
    .map(([key, value]) => `${key}=${value}`)
    .sort();
  return `${namespace}/${spec.fleet}/${spec.capacity}/${pairs.join(",")}`;
}

/** A room's id: its fleet's name, cut if need be, and random letters. */
export function roomName(fleet: string, letters: string): string {
  const start = fleet.slice(0, NAME_LENGTH_MAX - letters.length - 1).replace(/[^a-z0-9]+$/, "");
  return `${start}-${letters}`;
}

export function newRoom(
  { namespace, ...spec }: RoomWish,
  { metadata, status }: GameServer,
  identity: { readonly name: string; readonly uid: string; readonly now: string },
): Room {
  const { nodeName, address, addresses, ports } = status;
  const { name, uid, now } = identity;
  return {
    apiVersion: apiVersionOf("Room"),
    kind: "Room",
    metadata: {
      name,
      namespace,
      uid,
      resourceVersion: "",
      generation: 1,
      creationTimestamp: now,
      labels: { [FLEET_LABEL]: spec.fleet },
    },
    spec,
    status: {
      gameServer: metadata.name,
      gameServerUid: metadata.uid,
      ...{ nodeName, address, addresses, ports },
      seats: {},
      emptySince: now,
    },
  };
}

/**
 * The server with one more room: Allocated, counted by us and in the game's own Counter, and told the keys that its game
 * checks join tokens with. `leftovers` are rooms of an earlier life on it, which are closed in the same commit.
 */
export function withRoom(
  server: GameServer,
  { keys, leftovers, now }: { keys: string; leftovers: number; now: string },
): ServerChange {
  const { state, rooms = 0 } = server.status;
  const isOpened = state !== "Allocated";
  const count = roomsCounterOf(server)?.count;
  const annotations = {
    ...(isOpened ? { [LAST_ALLOCATED]: now } : {}),
    ...(server.metadata.annotations?.[JOIN_KEYS] === keys ? {} : { [JOIN_KEYS]: keys }),
  };
  const delta = {
    ...(Object.keys(annotations).length > 0 ? { metadata: { annotations } } : {}),
    status: {
      ...(isOpened ? { state: "Allocated" } : {}),
      rooms: (isOpened ? 0 : rooms) + 1,
      ...(count === undefined
        ? {}
        : { counters: { [ROOMS_COUNTER]: { count: Math.max(0, count - leftovers) + 1 } } }),
    },
  };
  return { server: mergePatch(server, delta), delta };
}
