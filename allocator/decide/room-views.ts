import type { StatusPort } from "../../core/model/game-server.ts";
import type { Labels } from "../../core/model/resource.ts";
import type { Room, Seat, SeatState } from "../../core/model/room.ts";

/** A room as those see it who look for one: numbers, no players. */
export interface RoomView {
  readonly id: string;
  readonly namespace: string;
  readonly fleet: string;
  readonly attributes: Labels;
  readonly capacity: number;
  readonly open: boolean;
  readonly seats: { readonly taken: number; readonly reserved: number; readonly free: number };
  readonly gameServer: {
    readonly name: string;
    readonly uid: string;
    readonly node: string;
    readonly address: string;
    readonly ports: readonly StatusPort[];
  };
  readonly createdAt: string;
}
/** A seat as its player gets it; the token opens it at the game server. */
export interface SeatView {
  readonly id: string;
  readonly room: string;
  readonly player: string;
  readonly state: SeatState;
  readonly expiresAt?: string;
  readonly host: string;
  readonly ports: readonly StatusPort[];
  readonly token?: string;
  readonly tokenExpiresAt?: string;
}

export function roomView({ metadata, spec, status }: Room): RoomView {
  const { namespace, name, creationTimestamp } = metadata;
  const { fleet, attributes, capacity, open } = spec;
  const { gameServer, gameServerUid: uid, nodeName: node, address, ports } = status;
  return {
    id: name,
    ...{ namespace, fleet, attributes, capacity, open },
    seats: seatCounts({ spec, status }),
    gameServer: { name: gameServer, uid, node, address, ports },
    createdAt: creationTimestamp,
  };
}

export function seatCounts({ spec, status }: Pick<Room, "spec" | "status">): RoomView["seats"] {
  let reserved = 0;
  let all = 0;
  for (const id in status.seats) {
    all++;
    if (status.seats[id]?.state === "Reserved") reserved++;
  }
  return { taken: all - reserved, reserved, free: Math.max(0, spec.capacity - all) };
}

export function seatView({ metadata, status }: Room, id: string, seat: Seat): SeatView {
  const { player, state, expiresAt } = seat;
  const { address: host, ports } = status;
  return {
    id,
    room: metadata.name,
    ...{ player, state },
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...{ host, ports },
  };
}

/** All seats of a room, the oldest first: for those who may give and take them. */
export function seatsOf({ status }: Room): readonly object[] {
  const seats = Object.entries(status.seats).map(([id, seat]) => ({ id, ...seat }));
  seats.sort((a, b) =>
    a.givenAt < b.givenAt ? -1 : a.givenAt > b.givenAt ? 1 : a.id < b.id ? -1 : 1,
  );
  return seats.map(({ listed: _, ...shown }) => shown);
}
