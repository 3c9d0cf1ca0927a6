import { DRAINING_SINCE, FLEET_LABEL } from "../../core/model/fleet.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import { ROOMS_COUNTER, type Room } from "../../core/model/room.ts";
import type { Ledger } from "./ledger.ts";

type Wrong = (rule: string, message: string) => void;

/** What holds at every durable change of a room. */
export function checkRoom({ metadata, spec, status }: Room, wrong: Wrong): void {
  const players = Object.values(status.seats).map(({ player }) => player);
  if (players.length > spec.capacity || new Set(players).size < players.length)
    wrong(
      "a seat is given once",
      `${metadata.name} of ${spec.capacity} seats has ${players.join()}`,
    );
}

/** A Ready server that becomes a room's: no other of its fleet may have had room for it. */
export function checkOpening(was: GameServer, is: GameServer, ledger: Ledger, wrong: Wrong): void {
  if (was.status.state !== "Ready" || is.status.rooms === undefined) return;
  const fleet = is.metadata.labels?.[FLEET_LABEL];
  const other = ledger
    .list("GameServer")
    .find((one) => one.metadata.labels?.[FLEET_LABEL] === fleet && roomLeft(one) > 0 && one !== is);
  if (other && other.metadata.name !== is.metadata.name)
    wrong(
      "no server is opened while an open one has room",
      `${is.metadata.name} was opened, ${other.metadata.name} has room`,
    );
}

function roomLeft({ metadata, status }: GameServer): number {
  const isOpen =
    status.state === "Allocated" &&
    status.rooms !== undefined &&
    metadata.deletionTimestamp === undefined &&
    metadata.annotations?.[DRAINING_SINCE] === undefined;
  const counter = status.counters?.[ROOMS_COUNTER];
  if (!isOpen || !counter) return 0;
  return counter.capacity - Math.max(counter.count, status.rooms ?? 0);
}

/** True when the server's last room has ended in this commit: that brings it back without its game's word. */
export function isEndOfRooms(was: GameServer, is: GameServer, ledger: Ledger): boolean {
  const { name } = is.metadata;
  return (
    was.status.state === "Allocated" &&
    is.status.state === "Ready" &&
    was.status.rooms !== undefined &&
    is.status.rooms === undefined &&
    !ledger.list("Room").some(({ status }) => status.gameServer === name)
  );
}

/** What must hold of rooms once nothing goes wrong any more. */
export function unsettledRooms(ledger: Ledger): string[] {
  const rooms = ledger.list("Room");
  const lost = rooms.filter(({ metadata, status }) => {
    const server = ledger.resources.get(`GameServer/${metadata.namespace}/${status.gameServer}`);
    if (server?.kind !== "GameServer" || server.metadata.uid !== status.gameServerUid) return true;
    return server.status.state !== "Allocated" || server.status.rooms === undefined;
  });
  const miscounted = ledger.list("GameServer").filter(({ metadata, status }) => {
    const here = rooms.filter((room) => room.status.gameServer === metadata.name).length;
    return status.rooms !== undefined && status.rooms !== here;
  });
  return [
    ...lost.map(({ metadata }) => `room ${metadata.name} is on a server that has it no more`),
    ...miscounted.map(({ metadata }) => `${metadata.name} has other rooms than it counts`),
  ];
}
