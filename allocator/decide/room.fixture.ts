import type { GameServer, GameServerStatus } from "../../core/model/game-server.ts";
import type { Room } from "../../core/model/room.ts";
import { newRoom, type RoomWish } from "./room-make.ts";

export const NOW = "2026-01-01T00:00:00Z";
/** A time on that day: `at(90)` is a minute and a half later. */
export const at = (seconds: number): string =>
  `2026-01-01T00:${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}Z`;

export const WISH: RoomWish = {
  namespace: "default",
  fleet: "arena",
  attributes: { map: "a" },
  capacity: 2,
  open: true,
  emptySeconds: 60,
};

/** A game server with what rooms look at. */
export function serverWith(status: Partial<GameServerStatus>, annotations = {}): GameServer {
  const whole = { state: "Ready", ports: [], address: "1.2.3.4", addresses: [], nodeName: "a" };
  return {
    apiVersion: "agones.dev/v1",
    kind: "GameServer",
    metadata: { name: "arena-1", namespace: "default", uid: "uid-1", annotations },
    spec: {},
    status: { ...whole, ...status },
  } as unknown as GameServer;
}

export function roomOn(server: GameServer, wish: Partial<RoomWish> = {}): Room {
  return newRoom({ ...WISH, ...wish }, server, { name: "arena-room", uid: "uid-2", now: NOW });
}
