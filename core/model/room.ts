import type { Address, StatusPort } from "./game-server.ts";
import type { Labels, ResourceOf } from "./resource.ts";

/** `Reserved` until the game says that the player is there, or until its time is over. */
export type SeatState = "Reserved" | "Taken";

/** A place for one player. Times are RFC 3339. */
export interface Seat {
  readonly player: string;
  readonly state: SeatState;
  readonly givenAt: string;
  /** Of a reserved one. */
  readonly expiresAt?: string;
  /** The player has been in the game server's List of players: the seat is free when it is there no more. */
  readonly listed?: boolean;
}
export type Seats = { readonly [id: string]: Seat };

export interface RoomSpec {
  readonly fleet: string;
  /** What players look for: map, mode. Found are rooms with exactly these. */
  readonly attributes: Labels;
  readonly capacity: number;
  /** Found by those who look for any room like it. */
  readonly open: boolean;
  /** How long it stays without a seat given. */
  readonly emptySeconds: number;
}
export interface RoomStatus {
  readonly gameServer: string;
  /** Another uid under that name is another server. */
  readonly gameServerUid: string;
  readonly nodeName: string;
  readonly address: string;
  readonly addresses: readonly Address[];
  readonly ports: readonly StatusPort[];
  readonly seats: Seats;
  /** RFC 3339; absent while a seat is given. */
  readonly emptySince?: string;
}

/** A running instance of play on a game server, with the seats that were given in it. */
export interface Room extends ResourceOf<"Room", RoomSpec, RoomStatus> {}

/** Counter of a game server: how many rooms it runs, and may run. */
export const ROOMS_COUNTER = "rooms";
/** List of a game server: the players that are there. */
export const PLAYERS_LIST = "players";
/** Annotation of a game server: the public keys that its games check join tokens with, a JSON array of JWKs. */
export const JOIN_KEYS = "flotilla.dev/join-keys";
/** Annotation of a game server: the last of its rooms that were closed, with a comma between two, the newest at the end. */
export const CLOSED_ROOMS = "flotilla.dev/closed-rooms";
/** More than are closed on one server before its game has heard of it. */
export const CLOSED_ROOMS_MAX = 16;

export const ROOM_CAPACITY_MAX = 1_000;
/** Of a room whose fleet says nothing about players. */
export const ROOM_CAPACITY = 16;
export const ROOM_ATTRIBUTES_MAX = 16;
export const EMPTY_SECONDS = { least: 5, most: 86_400, usual: 60 } as const;
export const SEAT_SECONDS = { least: 1, most: 600, usual: 30 } as const;
export const PLAYER_LENGTH_MAX = 128;
