import type { Reason } from "../../core/model/reason.ts";
import { refOf } from "../../core/model/resource.ts";
import type { Room } from "../../core/model/room.ts";
import type { ResourceStore, Write } from "../../store/resource-store.ts";
import { withoutRoom } from "../decide/room-close.ts";
import type { RoomObserver } from "./room-observer.ts";

export interface ClosingOptions {
  readonly store: ResourceStore;
  readonly observer: RoomObserver;
}

/** Closes a room; resolves after the commit, when whoever is told has been told. */
export async function closeRoom(
  { store, observer }: ClosingOptions,
  room: Room,
  because: Reason,
  by: string,
): Promise<void> {
  const { namespace } = room.metadata;
  const was = store.get("GameServer", namespace, room.status.gameServer);
  const committed = store.commit(closingWrites(store, room), undefined, { by, reason: because });
  const is = store.get("GameServer", namespace, room.status.gameServer);
  await committed;
  observer.closed(room, because);
  if (was && is && was.status.state === "Allocated" && is.status.state === "Ready")
    observer.cameBack(is);
}

/** What closes a room: it is gone, and its server has one less and knows which, in one commit. */
export function closingWrites(store: ResourceStore, room: Room): readonly Write[] {
  const { metadata, status } = room;
  const deletion: Write = {
    op: "delete",
    ref: refOf(room),
    expected: metadata.resourceVersion,
  };
  const server = store.get("GameServer", metadata.namespace, status.gameServer);
  if (server?.metadata.uid !== status.gameServerUid) return [deletion];
  const change = withoutRoom(server, metadata.name);
  if (!change) return [deletion];
  const { server: object, delta } = change;
  const expected = server.metadata.resourceVersion;
  return [deletion, { op: "update", object, expected, delta }];
}
