import type { Fleet } from "./fleet.ts";
import type { GameServer } from "./game-server.ts";
import { PLAYERS_LIST, ROOMS_COUNTER } from "./room.ts";

/** How many play, and for how many there is room; undefined where a game does not count them. */
export interface Players {
  readonly players: number | undefined;
  readonly playersMax: number | undefined;
}

/** By the List `players`, or by a Counter of that name. */
export function playersOf({ status: { lists, counters } }: GameServer): Players {
  const list = lists?.[PLAYERS_LIST];
  if (list) return { players: list.values.length, playersMax: list.capacity };
  const counter = counters?.[PLAYERS_LIST];
  return { players: counter?.count, playersMax: counter?.capacity };
}

/** Over all servers of a fleet. */
export function playersOfFleet({ status: { lists, counters } }: Fleet): Players {
  const sum = lists?.[PLAYERS_LIST] ?? counters?.[PLAYERS_LIST];
  return { players: sum?.count, playersMax: sum?.capacity };
}

/** Rooms on a server: those that there are as resources, else what its Counter `rooms` says. */
export function roomsOf({ status: { rooms, counters } }: GameServer): number | undefined {
  return rooms ?? counters?.[ROOMS_COUNTER]?.count;
}
