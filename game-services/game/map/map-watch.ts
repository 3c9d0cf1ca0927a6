import { isFleetError, messageOf } from "../../../core/std/errors.ts";
import { log } from "../log.ts";
import type { MapDocument } from "./map-document.ts";
import type { RoomService } from "./room-service.ts";

export interface MapWatchOptions {
  readonly service: RoomService;
  readonly mapId: string;
  readonly everyMs: number;
  /** The version that is known. */
  readonly known: () => number;
  readonly onMap: (map: MapDocument) => void;
  /** The map is there no more. */
  readonly onGone: () => void;
}

/** Looks now and then whether a map was changed elsewhere; the room service answers nothing when it was not. */
export class MapWatch implements Disposable {
  readonly #options: MapWatchOptions;
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #said = "";

  constructor(options: MapWatchOptions) {
    this.#options = options;
    this.#arm();
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
    clearTimeout(this.#timer);
  }

  /** Half of the time by chance, so that rooms that began together do not ask together. */
  #arm(): void {
    if (this.#stop.signal.aborted) return;
    const wait = this.#options.everyMs * (0.75 + Math.random() / 2);
    this.#timer = setTimeout(() => void this.#look().then(() => this.#arm()), wait);
  }

  async #look(): Promise<void> {
    const { service, mapId, known, onMap, onGone } = this.#options;
    try {
      const map = await service.readMap(mapId, known(), this.#stop.signal);
      this.#said = "";
      if (map && !this.#stop.signal.aborted) onMap(map);
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      if (isFleetError(error, "NOT_FOUND")) return onGone();
      const because = messageOf(error);
      if (because !== this.#said) log("map not looked at", { map: mapId, because });
      this.#said = because;
    }
  }
}
