import { FleetError, isFleetError } from "../../core/std/errors.ts";
import { changeDocument } from "../../store/documents/change-document.ts";
import type { Collection } from "../../store/documents/document-store.ts";
import type { Snapshot } from "./collections.ts";
import { decideSequence, isNewerRoom, type RoomAge } from "./decide-snapshot.ts";
import type { MapRooms } from "./map-rooms.ts";
import type { Maps } from "./maps.ts";

export interface SnapshotsOptions {
  readonly looks: Maps;
  readonly snapshots: Collection<Snapshot>;
  readonly rooms: MapRooms;
  readonly now: () => number;
}

export interface NewSnapshot {
  readonly room: string;
  readonly state: unknown;
  readonly seq?: number;
}

const TRIES_MAX = 16;
const OPERATOR = { userId: undefined };
const older = (): FleetError => new FleetError("CONFLICT", "a newer room has the map");

/** What game servers keep of their rooms, so that a room that died comes back as it was. */
export class Snapshots {
  readonly #options: SnapshotsOptions;

  constructor(options: SnapshotsOptions) {
    this.#options = options;
  }

  async get(id: string): Promise<Snapshot> {
    const { looks, snapshots } = this.#options;
    const { head } = await looks.see(id, OPERATOR);
    const kept = await snapshots.get(id);
    if (kept && kept.body.of === head.born) return kept.body;
    throw new FleetError("NOT_FOUND", "no snapshot");
  }

  /**
   * Keeps what the newest room of a map says. A room that others have taken the map over from, because nothing was heard
   * of it, is refused, so that it cannot bring back what was before.
   */
  async put(id: string, snapshot: NewSnapshot): Promise<Snapshot> {
    const { looks, snapshots } = this.#options;
    const { head } = await looks.see(id, OPERATOR);
    const kept = await this.#put(id, head.born, snapshot);
    // The map may have been deleted meanwhile, and cleared away.
    await looks.see(id, OPERATOR).catch(async (error) => {
      if (isFleetError(error, "NOT_FOUND")) await snapshots.delete(id).catch(() => undefined);
      throw error;
    });
    return kept;
  }

  async #put(id: string, born: string, { room, state, seq }: NewSnapshot): Promise<Snapshot> {
    const { snapshots, now } = this.#options;
    const next = (room_made_at: string): Snapshot => ({
      ...{ of: born, room, room_made_at, state, saved_at: now() },
      ...(seq === undefined ? {} : { seq }),
    });
    const isOurs = (kept: Snapshot | undefined): kept is Snapshot => kept?.of === born;
    const before = (await snapshots.get(id))?.body;
    const age =
      isOurs(before) && before.room === room
        ? { room, madeAt: before.room_made_at }
        : await this.#ageOf(id, room);
    if (!before) {
      const { kept, isNew } = await snapshots.insertOnce(id, next(age.madeAt));
      if (isNew) return kept.body;
    }
    const decide = (kept: Snapshot): Snapshot | undefined => {
      if (!isOurs(kept)) return next(age.madeAt);
      if (kept.room !== room && !isNewerRoom(age, kept)) throw older();
      const decision = kept.room === room ? decideSequence(seq, kept) : "save";
      if (decision === "too late") throw new FleetError("CONFLICT", "a later snapshot is kept");
      return decision === "save" ? next(age.madeAt) : undefined;
    };
    const options = { collection: snapshots, id, decide, triesMax: TRIES_MAX };
    return (await changeDocument(options)).body;
  }

  /** The platform knows its rooms, and which of two it made later. */
  async #ageOf(id: string, room: string): Promise<RoomAge> {
    const found = await this.#options.rooms.roomOf(id, room);
    if (found) return found;
    throw new FleetError("CONFLICT", "the platform has no such room of the map");
  }
}
