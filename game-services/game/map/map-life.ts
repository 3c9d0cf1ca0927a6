import type { Point } from "../input.ts";
import { ChatTail } from "./chat.ts";
import { Editing } from "./editing.ts";
import { LiveMap } from "./live-map.ts";
import type { MapDocument } from "./map-document.ts";
import type { MapState } from "./map-state.ts";
import { MapWatch } from "./map-watch.ts";
import type { MapMetrics } from "./metrics.ts";
import type { RoomService } from "./room-service.ts";
import { type Avatar, type Snapshot, snapshotOf } from "./snapshot.ts";
import { SnapshotKeeper } from "./snapshot-keeper.ts";

/** What a map's life needs of the process that it runs in. */
export interface MapWorld {
  readonly service: RoomService;
  readonly metrics: MapMetrics;
  /** Milliseconds since 1970. */
  readonly wallNow: () => number;
}
export interface MapLifeOptions extends MapWorld {
  readonly room: string;
  readonly document: MapDocument;
  /** What was saved of the last room of this map. */
  readonly kept: unknown;
  readonly state: MapState;
  /** Who is there, and where. */
  readonly standing: () => Avatar[];
  /** Other things are solid than before. */
  readonly onGround: () => void;
  readonly onGone: () => void;
}

const SNAPSHOT_MS = 2000;
const LOOK_MS = 1000;
const CHAT_LINES_MAX = 20;
/** For how long an avatar of before waits for its player. */
const REMEMBERED_MS = 60_000;

/** What a room of a map is beside its players: the map itself, what was said, and where those are who have not come yet. */
export class MapLife implements Disposable {
  readonly map: LiveMap;
  readonly chat: ChatTail;
  readonly editing: Editing;
  readonly keeper: SnapshotKeeper;
  readonly #options: MapLifeOptions;
  readonly #watch: MapWatch;
  /** Where players were when the last room of this map ended. */
  readonly #remembered: Map<string, Avatar>;
  readonly #rememberedUntil: number;

  /** The map, and what was kept of its last room. NOT_FOUND, UNAVAILABLE. */
  static async read(
    service: RoomService,
    mapId: string,
  ): Promise<Pick<MapLifeOptions, "document" | "kept">> {
    const [document, kept] = await Promise.all([
      service.readMap(mapId),
      service.readSnapshot(mapId),
    ]);
    if (!document) throw new Error("a map that is asked for without a version is answered");
    return { document, kept };
  }

  constructor(options: MapLifeOptions) {
    const { document, kept, state, room, service, metrics, wallNow, onGround, onGone } = options;
    const { map_id: mapId } = document;
    const before = snapshotOf(kept, wallNow());
    this.#options = options;
    this.map = new LiveMap(document, state, onGround);
    this.chat = new ChatTail(before.chat, CHAT_LINES_MAX);
    this.#remembered = new Map(before.avatars.map((avatar) => [avatar.user, avatar]));
    this.#rememberedUntil = wallNow() + REMEMBERED_MS;
    this.editing = new Editing({
      map: this.map,
      service,
      standing: options.standing,
      now: wallNow,
    });
    this.keeper = new SnapshotKeeper({
      room,
      take: () => this.#snapshot(),
      save: (snapshot) => service.saveSnapshot(mapId, room, snapshot),
      everyMs: SNAPSHOT_MS,
      now: wallNow,
      onSaved: (isSaved) => metrics.snapshot(isSaved),
    });
    this.#watch = new MapWatch({
      service,
      mapId,
      everyMs: LOOK_MS,
      known: () => this.map.document.version,
      onMap: (map) => this.map.take(map),
      onGone,
    });
  }

  /** Where somebody begins: where it was before, else in the middle; there, or as near as there is room. */
  placeFor(user: string): Point {
    const { ground } = this.map;
    const before = this.#remembered.get(user);
    this.#remembered.delete(user);
    const middle = { x: ground.width / 2, y: ground.height / 2 };
    const { x, y } = ground.freeNear(before ?? middle);
    return { x, y };
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
  }

  #snapshot(): Omit<Snapshot, "at"> {
    const { standing, wallNow } = this.#options;
    if (wallNow() > this.#rememberedUntil) this.#remembered.clear();
    return { avatars: [...standing(), ...this.#remembered.values()], chat: this.chat.lines };
  }
}
