import type { Snapshot } from "./collections.ts";

/** A room as the platform knows it. */
export interface RoomAge {
  readonly room: string;
  /** RFC 3339, in whole seconds. */
  readonly madeAt: string;
}

/** What becomes of a snapshot that another room than the one before sends: only a newer room may take a map over. */
export function isNewerRoom(room: RoomAge, kept: Snapshot | undefined): boolean {
  if (kept === undefined) return true;
  if (room.madeAt !== kept.room_made_at) return room.madeAt > kept.room_made_at;
  // Of two rooms of one second one must give way, always the same.
  return room.room > kept.room;
}

/** What becomes of a snapshot that the same room sends again. */
export function decideSequence(
  seq: number | undefined,
  kept: Snapshot,
): "save" | "saved already" | "too late" {
  if (seq === undefined || kept.seq === undefined || seq > kept.seq) return "save";
  return seq === kept.seq ? "saved already" : "too late";
}
