import type { Counter, GameServer, GameServerSpec } from "../../core/model/game-server.ts";
import {
  PLAYERS_LIST,
  ROOM_CAPACITY,
  ROOM_CAPACITY_MAX,
  ROOMS_COUNTER,
} from "../../core/model/room.ts";
import { ownOf } from "../../core/std/json.ts";
import { isEnding } from "./fit.ts";

/** Rooms that were made on it are there: from its first room until it is Allocated no more. */
export function hostsRooms({ metadata, status }: GameServer): boolean {
  return (
    status.state === "Allocated" &&
    status.rooms !== undefined &&
    metadata.deletionTimestamp === undefined
  );
}

/** Nobody new is sent to a server that has been told to end. */
export function takesPlayers(server: GameServer): boolean {
  return hostsRooms(server) && !isEnding(server);
}

export function roomsCounterOf({ status }: GameServer): Counter | undefined {
  return ownOf(status.counters, ROOMS_COUNTER);
}

/** How many more rooms an open server takes; zero for one that is not open. The game counts too: the larger number holds. */
export function roomLeftOn(server: GameServer): number {
  const counter = roomsCounterOf(server);
  if (!counter || !takesPlayers(server)) return 0;
  return Math.max(0, counter.capacity - Math.max(counter.count, server.status.rooms ?? 0));
}

/** How many rooms a Ready server takes; `leftovers` are rooms of an earlier life that are closed as the first is made. */
export function roomLeftOnReady(server: GameServer, leftovers: number): number {
  const counter = roomsCounterOf(server);
  return counter ? counter.capacity - Math.max(0, counter.count - leftovers) : 1;
}

/** The players that the game has reported. */
export function playersOn({ status }: GameServer): readonly string[] {
  return ownOf(status.lists, PLAYERS_LIST)?.values ?? NOBODY;
}
const NOBODY: readonly string[] = [];

/** What a fleet's template says of rooms and players. */
export interface RoomTemplate {
  /** Rooms of one server. */
  readonly rooms: number;
  /** Players of one server, where it says so. */
  readonly players: number | undefined;
}

export function roomTemplateOf({ counters, lists }: GameServerSpec): RoomTemplate {
  return {
    rooms: ownOf(counters, ROOMS_COUNTER)?.capacity ?? 1,
    players: ownOf(lists, PLAYERS_LIST)?.capacity,
  };
}

/** Seats of a room when nobody says: what is left for each when the server's players are spread over its rooms. */
export function usualCapacity({ rooms, players }: RoomTemplate): number {
  if (players === undefined || rooms === 0) return ROOM_CAPACITY;
  return Math.min(ROOM_CAPACITY_MAX, Math.max(1, Math.floor(players / rooms)));
}

/** Why a server of the template cannot have rooms of so many seats; undefined when it can. */
export function capacityProblem(
  { rooms, players }: RoomTemplate,
  capacity: number,
): string | undefined {
  if (rooms === 0)
    return `the fleet's game servers take no room: their counter ${ROOMS_COUNTER} has capacity 0`;
  if (players === undefined || capacity * rooms <= players) return undefined;
  const each = Math.floor(players / rooms);
  return `${rooms} rooms of ${capacity} seats are more than the ${players} players that a game server of the fleet takes (list ${PLAYERS_LIST}): at most ${each} seats, found ${capacity}`;
}
