import { isFleetError, messageOf } from "../../../core/std/errors.ts";
import { isObject } from "../../../core/std/json.ts";
import type { Access } from "../entrance.ts";
import type { Point } from "../input.ts";
import { log } from "../log.ts";
import { type Bucket, fullBucket, type Rate, taken } from "../rate.ts";
import { bodyAt, boxOf, overlap } from "./ground.ts";
import type { LiveMap } from "./live-map.ts";
import type { ObjectWanted, RoomService } from "./room-service.ts";

export const EDIT_RATE: Rate = { perSecond: 5, burst: 10 };
const AT_ONCE_MAX = 4;
const ID_LENGTH_MAX = 64;

/** How much a player does at once. */
export class EditLimit {
  #bucket: Bucket;
  #open = 0;

  constructor(now: number) {
    this.#bucket = fullBucket(EDIT_RATE, now);
  }

  /** Does it, unless there is too much of it: then says so. */
  async within<T>(now: number, work: () => Promise<T>): Promise<T> {
    const left = taken(this.#bucket, EDIT_RATE, now);
    if (!left || this.#open >= AT_ONCE_MAX) throw new Refused("too many edits at once");
    this.#bucket = left;
    this.#open += 1;
    try {
      return await work();
    } finally {
      this.#open -= 1;
    }
  }
}

/** Why something is not done; the player is told. */
export class Refused extends Error {}

export interface EditingOptions {
  readonly map: LiveMap;
  readonly service: RoomService;
  /** Where everybody stands. */
  readonly standing: () => Iterable<Point>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Places and removes for players: saved by the room service under their own tokens, then shown to all. */
export class Editing {
  readonly #options: EditingOptions;

  constructor(options: EditingOptions) {
    this.#options = options;
  }

  async place(value: unknown, access: Access): Promise<void> {
    const { map, service } = this.#options;
    const wanted = wantedOf(value);
    if (!wanted) throw new Refused("bad request");
    if (wanted.solid && this.#isTaken(wanted)) throw new Refused("somebody stands there");
    const { map_id } = map.document;
    const { object, version } = await this.#asked(access, () =>
      service.place(map_id, wanted, access.token),
    );
    log("object placed", { map: map_id, object: object.object_id, user: access.user, version });
    map.placed(object, version);
  }

  async remove(value: unknown, access: Access): Promise<void> {
    const { map, service } = this.#options;
    const id = isObject(value) ? value.object_id : undefined;
    if (typeof id !== "string" || id === "" || id.length > ID_LENGTH_MAX)
      throw new Refused("bad request");
    const { map_id } = map.document;
    const version = await this.#asked(access, () => service.remove(map_id, id, access.token));
    log("object removed", { map: map_id, object: id, user: access.user, version });
    map.removed(id, version);
  }

  /** The service's refusal in its own words. */
  async #asked<T>(access: Access, ask: () => Promise<T>): Promise<T> {
    if (access.until <= this.#options.now()) throw new Refused("access token expired");
    try {
      return await ask();
    } catch (error) {
      if (isFleetError(error)) throw new Refused(messageOf(error));
      throw error;
    }
  }

  #isTaken(place: Point): boolean {
    const box = boxOf(place);
    for (const at of this.#options.standing()) if (overlap(box, bodyAt(at))) return true;
    return false;
  }
}

/** What a player wants to place, and nothing that was sent beside it; undefined when it makes no sense. */
function wantedOf(value: unknown): ObjectWanted | undefined {
  if (!isObject(value)) return undefined;
  const { asset_id, x, y, rotation = 0, layer = 0, solid = false } = value;
  if (typeof asset_id !== "string" || asset_id === "" || asset_id.length > ID_LENGTH_MAX)
    return undefined;
  if (![x, y, rotation, layer].every(Number.isFinite) || typeof solid !== "boolean")
    return undefined;
  return { asset_id, x, y, rotation, layer, solid } as ObjectWanted;
}
