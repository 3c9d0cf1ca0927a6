import { Ground } from "./ground.ts";
import type { MapDocument, PlacedObject } from "./map-document.ts";
import { type MapState, PlacedState } from "./map-state.ts";

/** A map as a room plays on it: the document, what is solid, and what players see, always the same of all three. */
export class LiveMap {
  readonly #state: MapState;
  readonly #onGround: () => void;
  #document: MapDocument;
  #ground: Ground;
  /** The newest version that was heard of, which may be ahead of the document's. */
  #heard: number;

  /** `onGround` is told when other things are solid than before. */
  constructor(document: MapDocument, state: MapState, onGround: () => void) {
    this.#document = document;
    this.#heard = document.version;
    this.#state = state;
    this.#ground = new Ground(document);
    this.#onGround = onGround;
    this.#show(document);
  }

  get document(): MapDocument {
    return this.#document;
  }

  get ground(): Ground {
    return this.#ground;
  }

  /** What was read anew; an older version than one that was heard of says nothing. */
  take(document: MapDocument): void {
    if (document.version < this.#heard || document.version === this.#document.version) return;
    this.#heard = document.version;
    this.#become(document);
  }

  /** An object that was saved. What others did meanwhile is seen at the next look, to which the version is left. */
  placed(object: PlacedObject, version: number): void {
    if (version <= this.#document.version) return;
    const others = this.#document.objects.filter(({ object_id }) => object_id !== object.object_id);
    this.#edited([...others, object], version);
  }

  removed(objectId: string, version: number | undefined): void {
    if (version !== undefined && version <= this.#document.version) return;
    const others = this.#document.objects.filter(({ object_id }) => object_id !== objectId);
    this.#edited(others, version);
  }

  #edited(objects: readonly PlacedObject[], version: number | undefined): void {
    const known = this.#document.version;
    this.#heard = Math.max(this.#heard, version ?? known);
    this.#become({ ...this.#document, objects, version: version === known + 1 ? version : known });
  }

  #become(document: MapDocument): void {
    this.#document = document;
    this.#ground = new Ground(document);
    this.#show(document);
    this.#onGround();
  }

  /** Colyseus sends what has changed: what is equal is left as it is. */
  #show({ map_id, name, width, height, tiles, version, objects }: MapDocument): void {
    const state = this.#state;
    Object.assign(state, { map_id, name, width, height, version, tiles: tiles.join("\n") });
    const ids = new Set(objects.map(({ object_id }) => object_id));
    for (const id of [...state.objects.keys()]) if (!ids.has(id)) state.objects.delete(id);
    for (const { object_id, ...shown } of objects) {
      const there = state.objects.get(object_id);
      if (there) Object.assign(there, picked(shown));
      else state.objects.set(object_id, Object.assign(new PlacedState(), picked(shown)));
    }
  }
}

function picked({ asset_id, x, y, rotation, layer, solid }: Omit<PlacedObject, "object_id">) {
  return { asset_id, x, y, rotation, layer, solid };
}
