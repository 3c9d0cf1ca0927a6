import { FleetError } from "../../core/std/errors.ts";
import type { Assets } from "./assets.ts";
import type { EditWord, MapContent, MapHead, MapObject, PlacedOnce } from "./collections.ts";
import { ContentCheck } from "./content-check.ts";
import type { Contents } from "./contents.ts";
import { mayEdit, mayOwn, type Role } from "./decide-access.ts";
import { changed, edited, type Settings, stepped } from "./decide-history.ts";
import type { Decision, Heads } from "./heads.ts";
import {
  type Asking,
  digestOf,
  idOf,
  type Maps,
  type NewObject,
  newId,
  objectOf,
  type Seen,
} from "./maps.ts";

export interface EditsOptions {
  readonly heads: Heads;
  readonly looks: Maps;
  readonly contents: Contents;
  readonly assets: Assets;
  /** Versions of a map that can be had again. */
  readonly versionsMax: number;
  readonly now: () => number;
}

/** What is to be of a map; what is left out stays. */
export interface MapChange extends Partial<Omit<MapContent, "objects">> {
  readonly objects?: readonly NewObject[];
  readonly access?: MapHead["access"];
}

interface Wanted {
  readonly content: MapContent;
  readonly what: EditWord;
  readonly settings?: Settings;
  readonly placed?: MapHead["placed"];
}

/** Objects of whose Idempotency-Keys a map remembers. */
const PLACED_MAX = 32;

/** Changes of what maps show, each a version of its own, none lost and none half done. */
export class Edits {
  readonly #options: EditsOptions;

  constructor(options: EditsOptions) {
    this.#options = options;
  }

  /** Another content for a version that the player has seen; CONFLICT when it is not the present one. */
  async change(id: string, version: number, change: MapChange, asking: Asking): Promise<Seen> {
    const { access, ...shown } = change;
    const may = access === undefined ? mayEdit : mayOwn;
    const settings: Settings = access === undefined ? {} : { access };
    const wanted = (before: MapContent): MapContent => {
      const objects = shown.objects?.map(objectOf) ?? before.objects;
      return { ...before, ...shown, objects };
    };
    const check = await this.#checked(id, { version, may, wanted }, asking);
    return await this.#swap(id, may, asking, async ({ head }) => {
      if (head.version !== version) throw new FleetError("CONFLICT", "changed meanwhile");
      const at = this.#options.now();
      if (Object.keys(shown).length === 0)
        return { head: changed(head, settings, at), dropped: [] };
      const before = await this.#contentOf(head);
      if (!before) return "again";
      const content = wanted(before);
      await check.demand(content, before);
      return await this.#edited(head, { content, what: "changed", settings }, asking);
    });
  }

  /** One more object, whatever else is done meanwhile. The same Idempotency-Key and body place it once. */
  async place(
    id: string,
    body: Omit<MapObject, "object_id">,
    asking: Asking,
  ): Promise<{ readonly object: MapObject; readonly version: number }> {
    const { userId, idempotencyKey: key } = asking;
    const object_id = key === undefined ? newId("o") : idOf("o", userId, key);
    const object = { object_id, ...body };
    const sum = digestOf(JSON.stringify(body)).slice(0, 16);
    const once = key === undefined ? [] : [{ object_id, sum }];
    const wanted = (before: MapContent): MapContent => ({
      ...before,
      objects: [...before.objects.filter((one) => one.object_id !== object_id), object],
    });
    const before = await this.#options.looks.see(id, asking);
    if (mayEdit(before.role) && isPlaced(before.head, once))
      return { object, version: before.head.version };
    const check = await this.#checked(id, { may: mayEdit, wanted, isPlacing: true }, asking);
    const { head } = await this.#swap(id, mayEdit, asking, async (seen) => {
      if (isPlaced(seen.head, once)) return undefined;
      const shown = await this.#contentOf(seen.head);
      if (!shown) return "again";
      const content = wanted(shown);
      await check.demand(content, shown, true);
      const placed = [...seen.head.placed, ...once].slice(-PLACED_MAX);
      return await this.#edited(seen.head, { content, what: "placed", placed }, asking);
    });
    return { object, version: head.version };
  }

  /** One object less; NOT_FOUND when it is not there. */
  async remove(id: string, objectId: string, asking: Asking): Promise<Seen> {
    return await this.#swap(id, mayEdit, asking, async ({ head }) => {
      const before = await this.#contentOf(head);
      if (!before) return "again";
      const objects = before.objects.filter(({ object_id }) => object_id !== objectId);
      if (objects.length === before.objects.length)
        throw new FleetError("NOT_FOUND", "object not found");
      return await this.#edited(head, { content: { ...before, objects }, what: "removed" }, asking);
    });
  }

  /** The content before this one, or the one that was undone last, as a new version. */
  async step(id: string, way: "undo" | "redo", asking: Asking): Promise<Seen> {
    return await this.#swap(id, mayEdit, asking, async ({ head }) => {
      const to = head[way].at(-1);
      if (!to) throw new FleetError("FAILED_PRECONDITION", `nothing to ${way}`);
      const read = await this.#options.contents.read(to.ref);
      return read ? stepped(head, way, read.content, this.#options.now()) : "again";
    });
  }

  #swap(
    id: string,
    may: (role: Role) => boolean,
    { userId, signal }: Asking,
    decide: (seen: Seen) => Promise<Decision>,
  ): Promise<Seen> {
    return this.#options.heads.swap({ id, userId, signal, may, decide });
  }

  /** Checks ahead of the map's line, so that a slow asset service holds up nobody else's change of it. */
  async #checked(
    id: string,
    look: {
      readonly may: (role: Role) => boolean;
      readonly wanted: (before: MapContent) => MapContent;
      readonly version?: number;
      readonly isPlacing?: boolean;
    },
    asking: Asking,
  ): Promise<ContentCheck> {
    const check = new ContentCheck(this.#options.assets, asking);
    const { head, role, content } = await this.#options.looks.look(id, asking);
    if (!look.may(role)) throw new FleetError("FORBIDDEN", "not allowed");
    if (look.version !== undefined && head.version !== look.version)
      throw new FleetError("CONFLICT", "changed meanwhile");
    await check.demand(look.wanted(content), content, look.isPlacing);
    return check;
  }

  /** Writes a content, and says which head is to lead there. */
  async #edited(
    before: MapHead,
    { content, what, settings, placed }: Wanted,
    { userId: by }: Asking,
  ): Promise<Decision> {
    const { contents, versionsMax, now } = this.#options;
    const at = now();
    const wrote = await contents.write(before.born, content);
    const next = edited(before, { ...wrote, content, what }, { by, at }, versionsMax);
    const head = settings ? changed(next.head, settings, at, next.head.version) : next.head;
    return { ...next, head: placed ? { ...head, placed } : head, wrote: wrote.ref };
  }

  async #contentOf({ current }: MapHead): Promise<MapContent | undefined> {
    return (await this.#options.contents.read(current.ref))?.content;
  }
}

/** Whether it was placed before, under the same key; KEY_REUSED when something else was. */
function isPlaced({ placed }: MapHead, [once]: readonly PlacedOnce[]): boolean {
  const known = placed.find(({ object_id }) => object_id === once?.object_id);
  if (known && known.sum !== once?.sum)
    throw new FleetError("KEY_REUSED", "idempotency key reused");
  return known !== undefined;
}
