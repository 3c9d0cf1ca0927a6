import { rfc3339 } from "../../core/std/clock.ts";
import type { ServiceRoute } from "../service/route.ts";
import {
  askingOf,
  mapIdOf,
  NOT_SEEN,
  PATH,
  RATE,
  type RoomRoutesOptions,
  SUMMARY,
  viewerOf,
} from "./route-words.ts";
import * as schemas from "./schemas.ts";
import type { NewSnapshot } from "./snapshots.ts";
import { snapshotOf } from "./views.ts";

const ROOM = "maps-x7k2p9qa";
const AWAY = { code: "UNAVAILABLE", message: "game servers not available" } as const;
const SNAPSHOT = { room: ROOM, seq: 7, saved_at: "2026-01-01T12:00:00Z" };
const STATE = { players: { ann: { x: 3.5, y: 2 } } };
const SEAT = {
  ...{ map_id: SUMMARY.map_id, room: ROOM, seat: "s4k2p9qax7k2p", player: "ann" },
  ...{ host: "192.0.2.7", ports: [{ name: "game", port: 7000 }] },
  token: "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl",
};

/** The way into a map's room, and who is there. */
export function enteringRoutes({ looks, rooms, rate }: RoomRoutesOptions): readonly unknown[] {
  const enter: ServiceRoute<{ readonly link?: string }> = {
    method: "POST",
    url: "/maps/:map_id/enter",
    access: "player",
    summary: "A seat in the map's room, which is made when there is none; the same seat again.",
    params: schemas.MAP_PATH,
    body: schemas.ENTER,
    status: 200,
    answer: schemas.SEAT,
    failures: [
      ...NOT_SEEN,
      ...RATE,
      { code: "UNAVAILABLE", message: "no game server is free" },
      AWAY,
    ],
    example: { params: PATH, body: {}, message: SEAT },
    handle: async (asked) => {
      const { userId, signal } = askingOf(asked, rate);
      const { id } = await looks.see(mapIdOf(asked), { userId, link: asked.body.link });
      return { message: { map_id: id, ...(await rooms.enter(id, userId, signal)) } };
    },
  };
  const people = { players: [{ user_id: "ann", state: "Taken" }] };
  const present: ServiceRoute = {
    method: "GET",
    url: "/maps/:map_id/present",
    access: "player or operator",
    summary: "Who is there now, and on the way.",
    params: schemas.MAP_PATH,
    query: schemas.LINK_QUERY,
    status: 200,
    answer: schemas.PRESENT,
    failures: [...NOT_SEEN, ...RATE, AWAY],
    example: {
      params: PATH,
      message: {
        players: 1,
        rooms: [{ room: ROOM, seats: { taken: 1, reserved: 0, free: 99 }, ...people }],
      },
    },
    handle: async (asked) => {
      // The platform is asked for each room: that is no cheaper than a change.
      if (asked.player) rate.take(asked.player.userId);
      const { id } = await looks.see(mapIdOf(asked), viewerOf(asked));
      const found = await rooms.present(id, asked.signal);
      const users = new Set(found.flatMap(({ players }) => players.map(({ user_id }) => user_id)));
      return { message: { players: users.size, rooms: found } };
    },
  };
  return [enter, present];
}

/** What game servers keep of a map's room. */
export function snapshotRoutes({ snapshots }: RoomRoutesOptions): readonly unknown[] {
  const url = "/maps/:map_id/snapshot";
  const put: ServiceRoute<NewSnapshot> = {
    method: "PUT",
    url,
    access: "operator",
    summary: "Keeps what a room's game server says of it; only of the newest room of the map.",
    params: schemas.MAP_PATH,
    body: schemas.PUT_SNAPSHOT,
    bodyBytesMax: schemas.SNAPSHOT_BYTES_MAX,
    status: 200,
    answer: schemas.SNAPSHOT_SAVED,
    failures: [
      { code: "NOT_FOUND", message: "map not found" },
      { code: "CONFLICT", message: "a newer room has the map" },
      { code: "CONFLICT", message: "a later snapshot is kept" },
      { code: "CONFLICT", message: "the platform has no such room of the map" },
      AWAY,
    ],
    example: { params: PATH, body: { room: ROOM, seq: 7, state: STATE }, message: SNAPSHOT },
    handle: async (asked) => {
      const { room, seq, saved_at } = await snapshots.put(mapIdOf(asked), asked.body);
      const numbered = seq === undefined ? {} : { seq };
      return { message: { room, ...numbered, saved_at: rfc3339(saved_at) } };
    },
  };
  const get: ServiceRoute = {
    method: "GET",
    url,
    access: "operator",
    summary: "What was kept last.",
    params: schemas.MAP_PATH,
    status: 200,
    answer: schemas.SNAPSHOT,
    failures: [
      { code: "NOT_FOUND", message: "map not found" },
      { code: "NOT_FOUND", message: "no snapshot" },
    ],
    example: { params: PATH, message: { ...SNAPSHOT, state: STATE } },
    handle: async (asked) => ({ message: snapshotOf(await snapshots.get(mapIdOf(asked))) }),
  };
  return [put, get];
}
