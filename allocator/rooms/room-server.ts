import { FLEET_LABEL, type Fleet } from "../../core/model/fleet.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import type { ResourceStore } from "../../store/resource-store.ts";
import { isEnding } from "../decide/fit.ts";
import { roomLeftOnReady } from "../decide/room-hosts.ts";
import type { SelectorIndexes } from "../selector-indexes.ts";
import type { RoomBook } from "./room-book.ts";

export interface RoomServerOptions {
  readonly store: ResourceStore;
  readonly indexes: SelectorIndexes;
  readonly book: RoomBook;
}

/** Where a fleet's next room is made: on the fullest open server with room left, else on a Ready one. */
export function serverForRoom(
  { store, indexes, book }: RoomServerOptions,
  { metadata, spec }: Fleet,
): GameServer | undefined {
  const { namespace, name } = metadata;
  const open = book.serverFor(namespace, name);
  if (open) return open;
  const selector = { matchLabels: { [FLEET_LABEL]: name } };
  const picked = indexes.candidatesOf(namespace, selector).pick(spec.scheduling);
  if (!picked || takesOne(book, picked)) return picked;
  // Its game says that it is full although it is Ready, which is rare: one of the others may not be.
  return store
    .list("GameServer", namespace)
    .find((server) => isReadyOf(server, name) && takesOne(book, server));
}

function takesOne(book: RoomBook, server: GameServer): boolean {
  const { namespace, name } = server.metadata;
  return roomLeftOnReady(server, book.roomsOn(namespace, name).size) > 0;
}

function isReadyOf(server: GameServer, fleet: string): boolean {
  const { metadata, status } = server;
  return status.state === "Ready" && metadata.labels?.[FLEET_LABEL] === fleet && !isEnding(server);
}
