import { createHash, randomBytes, randomInt, timingSafeEqual } from "node:crypto";
import { type ErrorCode, FleetError, isFleetError } from "../../core/std/errors.ts";
import type { Collection, Kept, Page } from "../../store/documents/document-store.ts";
import { badRequest } from "../service/envelope.ts";
import { GroupedReads } from "../service/grouped-reads.ts";
import type { Assets } from "./assets.ts";
import type { MapContent, MapHead, MapObject } from "./collections.ts";
import { ContentCheck } from "./content-check.ts";
import type { Contents, ReadContent } from "./contents.ts";
import { maySee, type Role, roleOf } from "./decide-access.ts";

export interface MapsOptions {
  readonly maps: Collection<MapHead>;
  readonly contents: Contents;
  readonly assets: Assets;
  readonly perUserMax: number;
  readonly now: () => number;
}

/** A map as somebody sees it. */
export interface Seen {
  readonly id: string;
  readonly head: MapHead;
  readonly role: Role;
}

/** Who looks, and with which key of a link; an operator has no `userId`. */
export interface Viewer {
  readonly userId: string | undefined;
  readonly link?: string | undefined;
}

/** A player who asks for something; `token` speaks for the player elsewhere. */
export interface Asking {
  readonly userId: string;
  readonly token: string;
  readonly signal: AbortSignal;
  readonly idempotencyKey: string | undefined;
}

export type NewMap = Pick<MapContent, "name" | "width" | "height"> & {
  readonly tiles?: readonly string[];
  readonly objects?: readonly NewObject[];
  readonly access?: MapHead["access"];
};
export type NewObject = Omit<MapObject, "object_id"> & { readonly object_id?: string };

const READ_MAX = 200;
const READ_TRIES_MAX = 8;
const SLOT_TRIES_MAX = 8;
const MAYBE: readonly ErrorCode[] = ["UNAVAILABLE", "TIMEOUT", "INTERNAL"];

/** Maps: made, found and looked at. */
export class Maps {
  readonly #options: MapsOptions;
  readonly #reads: GroupedReads<MapHead>;

  constructor(options: MapsOptions) {
    this.#options = options;
    this.#reads = new GroupedReads({ collection: options.maps, groupMax: READ_MAX });
  }

  /** A new map of the player's. The same Idempotency-Key and body get the same map again. */
  async make(body: NewMap, asking: Asking): Promise<Seen> {
    const { userId, idempotencyKey: key } = asking;
    const id = key === undefined ? newId("m") : idOf("m", userId, key);
    const sum = digestOf(JSON.stringify(body));
    const before = key === undefined ? undefined : await this.#options.maps.get(id);
    if (before) return this.#made(before, sum);
    const content = contentOf(body);
    await new ContentCheck(this.#options.assets, asking).demand(content, undefined);
    const head = await this.#newHead(content, body.access ?? "members", userId);
    const made = await this.#insert(id, key === undefined ? head : { ...head, made_of: sum });
    return this.#made(made, sum);
  }

  /** A map that somebody may see; NOT_FOUND for every other one, so that nobody learns of it. */
  async see(id: string, viewer: Viewer): Promise<Seen> {
    const kept = await this.#reads.get(id);
    return seenBy(id, kept?.body, viewer);
  }

  /** The same, with what it shows. */
  async look(id: string, viewer: Viewer): Promise<Seen & ReadContent> {
    for (let tries = 0; tries < READ_TRIES_MAX; tries++) {
      const seen = await this.see(id, viewer);
      const read = await this.#options.contents.read(seen.head.current.ref);
      // Without it the head has gone on since.
      if (read) return { ...seen, ...read };
    }
    throw new FleetError("UNAVAILABLE", "not available at the moment", { retryAfterSeconds: 1 });
  }

  /** Published maps that everybody may enter, newest first. */
  listed(creator: string | undefined, limit: number, after?: string): Promise<Page<MapHead>> {
    const which = creator === undefined ? { index: "listed", equal: {} } : ofCreator(creator);
    return this.#find(which, limit, after);
  }

  /** Maps of one creator, newest first. */
  mine(creator: string, limit: number, after?: string): Promise<Page<MapHead>> {
    return this.#find({ index: "ofCreator", equal: { creator } }, limit, after);
  }

  async #find(
    which: { readonly index: string; readonly equal: Readonly<Record<string, string>> },
    limit: number,
    after?: string,
  ): Promise<Page<MapHead>> {
    const next = after === undefined ? {} : { continue: after };
    try {
      const query = { ...which, ...next, isDescending: true, limit };
      const page = await this.#options.maps.find(query);
      return { ...page, items: page.items.filter(({ body }) => body.deleted_at === undefined) };
    } catch (error) {
      if (!isFleetError(error, "BAD_REQUEST")) throw error;
      throw badRequest([{ path: "after", message: "is not of this list" }]);
    }
  }

  async #newHead(
    content: MapContent,
    access: MapHead["access"],
    creator: string,
  ): Promise<MapHead> {
    const { contents, now } = this.#options;
    const born = newId("b");
    const wrote = await contents.write(born, content);
    const at = now();
    const { name, width, height } = content;
    return {
      ...{ creator, slot: 0, name, width, height, access, members: [], published: false },
      ...{ version: 1, current: { ...wrote, version: 1, at, by: creator, what: "made" } },
      ...{ undo: [], redo: [], placed: [], born, created_at: at, updated_at: at },
    };
  }

  /** In a slot that none of the creator's maps has; EXHAUSTED when there is none. */
  async #insert(id: string, head: MapHead): Promise<Kept<MapHead>> {
    const { maps, contents } = this.#options;
    try {
      for (let tries = 0; tries < SLOT_TRIES_MAX; tries++) {
        const slot = await this.#freeSlot(head.creator);
        const kept = await this.#try(id, { ...head, slot });
        if (kept) return kept;
      }
      throw new FleetError("CONFLICT", "changed meanwhile");
    } catch (error) {
      // A store that is away may have made it all the same: then the content must stay.
      if (!isFleetError(error) || MAYBE.includes(error.code)) throw error;
      await contents.remove([head.current.ref]);
      const meanwhile = isTaken(error, "id") ? await maps.get(id) : undefined;
      if (meanwhile) return meanwhile;
      throw error;
    }
  }

  /** Undefined when somebody else took the slot. */
  async #try(id: string, head: MapHead): Promise<Kept<MapHead> | undefined> {
    return await this.#options.maps.insert(id, head).catch(async (error) => {
      if (!isTaken(error, "slot")) throw error;
      // A store may name either of two rules that are broken.
      return await this.#options.maps.get(id);
    });
  }

  async #freeSlot(creator: string): Promise<number> {
    const { maps, perUserMax } = this.#options;
    const which = { index: "ofCreator", equal: { creator } };
    const { items } = await maps.find({ ...which, limit: perUserMax });
    const taken = new Set(items.map(({ body }) => body.slot));
    const all = Array.from({ length: perUserMax }, (_, slot) => slot);
    const free = all.filter((slot) => !taken.has(slot));
    // Any of them, so that maps that are made at once do not all want the same.
    const slot = free[randomInt(Math.max(1, free.length))];
    if (slot !== undefined) return slot;
    throw new FleetError("FORBIDDEN", "too many maps");
  }

  #made({ id, body }: Kept<MapHead>, sum: string): Seen {
    if (body.made_of !== undefined && body.made_of !== sum)
      throw new FleetError("KEY_REUSED", "idempotency key reused");
    return seenBy(id, body, { userId: body.creator });
  }
}

export function seenBy(id: string, head: MapHead | undefined, { userId, link }: Viewer): Seen {
  if (head && head.deleted_at === undefined) {
    const role = roleOf(head, userId);
    if (maySee(head, role, isLink(head, link))) return { id, head, role };
  }
  throw new FleetError("NOT_FOUND", "map not found");
}

/** Random, and never guessed. */
export function newId(first: string): string {
  return first + randomBytes(12).toString("hex");
}

/** The same for the same key of the same user. */
export function idOf(first: string, userId: string, key: string): string {
  return first + digestOf(`${userId}\n${key}`).slice(0, 24);
}

export function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function isLink({ link }: MapHead, shown: string | undefined): boolean {
  if (link === undefined || shown === undefined) return false;
  return timingSafeEqual(Buffer.from(link), Buffer.from(digestOf(shown)));
}

function ofCreator(creator: string): { index: string; equal: Readonly<Record<string, string>> } {
  return { index: "listedOf", equal: { creator } };
}

function isTaken(error: unknown, key: string): boolean {
  return isFleetError(error, "ALREADY_EXISTS") && error.details.key === key;
}

function contentOf({ name, width, height, tiles, objects = [] }: NewMap): MapContent {
  return {
    ...{ name, width, height },
    tiles: tiles ?? Array.from({ length: height }, () => ".".repeat(width)),
    objects: objects.map(objectOf),
  };
}

/** An object with an id; one that is there already keeps its own. */
export function objectOf({ object_id = newId("o"), ...rest }: NewObject): MapObject {
  return { object_id, ...rest };
}
