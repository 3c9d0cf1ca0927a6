import type { GameServer } from "../../core/model/game-server.ts";
import type { Reason } from "../../core/model/reason.ts";
import type { Room } from "../../core/model/room.ts";

/** Who is told what became of rooms and seats, after the commit: for events, metrics and whoever opens servers. */
export interface RoomObserver {
  /** `opened`: the game server that was Ready and has its first room. */
  made(room: Room, opened: GameServer | undefined, tookMs: number): void;
  /** A fleet had neither a room nor a server for a request; told again each second while it waits. */
  missed(namespace: string, fleet: string, count: number): void;
  /** A request has waited for a room or a seat. */
  waited(what: "room" | "seat", got: boolean, tookMs: number): void;
  closed(room: Room, because: Reason): void;
  /** The server has lost its last room and is Ready again. */
  cameBack(server: GameServer): void;
  expired(room: Room, seats: number): void;
}
