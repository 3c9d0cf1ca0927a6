import { DRAINING_SINCE } from "../../core/model/fleet.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import { GAME_SERVER_STATES } from "../../core/model/game-server-state.ts";
import {
  CLOSED_ROOMS,
  CLOSED_ROOMS_MAX,
  JOIN_KEYS,
  ROOMS_COUNTER,
  type Room,
} from "../../core/model/room.ts";
import { mergePatch } from "../../core/std/json.ts";
import { hostsRooms, playersOn, roomsCounterOf } from "./room-hosts.ts";
import type { ServerChange } from "./room-make.ts";

/** True while the server that the room was made on still has it. */
export function isHosted({ status }: Room, server: GameServer | undefined): boolean {
  return server?.metadata.uid === status.gameServerUid && hostsRooms(server);
}

/**
 * The server without `closed` of its rooms; undefined when nothing changes. Without any room, and by its Counter and its
 * List without players, it is Ready again in the same commit. With `closed` 0: as its game's reports have left it.
 */
export function withoutRooms(server: GameServer, closed: number): ServerChange | undefined {
  const { metadata, status } = server;
  if (metadata.deletionTimestamp !== undefined) return undefined;
  const counter = roomsCounterOf(server);
  const count = counter && Math.max(0, counter.count - closed);
  const counters = count === counter?.count ? {} : { counters: { [ROOMS_COUNTER]: { count } } };
  if (!hostsRooms(server)) return forgetting(server, counters);
  const rooms = Math.max(0, (status.rooms ?? 0) - closed);
  if (rooms === 0 && count === 0 && playersOn(server).length === 0)
    return backToReady(server, counters);
  if (closed === 0) return undefined;
  return changed(server, { status: { rooms, ...counters } });
}

/** The server without a room that is closed, whose game is told which one. */
export function withoutRoom(server: GameServer, room: string): ServerChange | undefined {
  const delta = withoutRooms(server, 1)?.delta;
  if (!delta) return undefined;
  const before = server.metadata.annotations?.[CLOSED_ROOMS];
  const closed = [...(before ? before.split(",") : []), room].slice(-CLOSED_ROOMS_MAX);
  const annotations = { [CLOSED_ROOMS]: closed.join(",") };
  return changed(server, mergePatch(delta, { metadata: { annotations } }));
}

/** It was taken back by its game, or ended: what we counted on it is over. */
function forgetting(server: GameServer, counters: object): ServerChange | undefined {
  const { state, rooms } = server.status;
  const status = {
    ...(rooms === undefined ? {} : { rooms: null }),
    ...(GAME_SERVER_STATES[state].counts === "up" ? counters : {}),
  };
  return Object.keys(status).length > 0 ? changed(server, { status }) : undefined;
}

function backToReady(server: GameServer, counters: object): ServerChange {
  const why = Object.keys(server.status).filter((key) => key === "reason" || key === "message");
  const status = {
    state: "Ready",
    rooms: null,
    ...counters,
    ...Object.fromEntries(why.map((key) => [key, null])),
  };
  const isDraining = server.metadata.annotations?.[DRAINING_SINCE] !== undefined;
  const metadata = isDraining ? { metadata: { annotations: { [DRAINING_SINCE]: null } } } : {};
  return changed(server, { status, ...metadata });
}

/** An open server with the keys of now; undefined when it has them. */
export function withKeys(server: GameServer, keys: string): ServerChange | undefined {
  if (!hostsRooms(server) || server.metadata.annotations?.[JOIN_KEYS] === keys) return undefined;
  return changed(server, { metadata: { annotations: { [JOIN_KEYS]: keys } } });
}

function changed(server: GameServer, delta: object): ServerChange {
  return { server: mergePatch(server, delta), delta };
}
