import { refOf } from "../../core/model/resource.ts";
import type { Room } from "../../core/model/room.ts";
import type { ResourceStore, Write } from "../../store/resource-store.ts";
import { withoutRooms } from "../decide/room-close.ts";

/** What closes a room: it is gone, and its server has one less, in one commit. */
export function closingWrites(store: ResourceStore, room: Room): readonly Write[] {
  const { metadata, status } = room;
  const deletion: Write = {
    op: "delete",
    ref: refOf(room),
    expected: metadata.resourceVersion,
  };
  const server = store.get("GameServer", metadata.namespace, status.gameServer);
  if (server?.metadata.uid !== status.gameServerUid) return [deletion];
  const change = withoutRooms(server, 1);
  if (!change) return [deletion];
  const { server: object, delta } = change;
  const expected = server.metadata.resourceVersion;
  return [deletion, { op: "update", object, expected, delta }];
}
