import { blockedTiles, type PlacedObject, type Point } from "../view/grid.ts";
import { type Sample, withSample } from "../view/interpolation.ts";
import type { MapState } from "./map-state.ts";

/** Somebody on the map, with where it was lately. */
export interface Person {
  readonly session: string;
  readonly user: string;
  readonly name: string;
  readonly isConnected: boolean;
  readonly canEdit: boolean;
}
export interface Walker {
  person: Person;
  samples: readonly Sample[];
  /** What it said last, and when, by the page's clock. */
  said?: { readonly text: string; readonly atMs: number };
}

/** The map as it is played, for drawing: changed in place with every state of the game, and read with every frame. */
export class World {
  readonly walkers: Map<string, Walker> = new Map();
  objects: ReadonlyMap<string, PlacedObject> = new Map();
  rows: readonly string[] = [];
  blocked: readonly boolean[][] = [];
  name = "";
  /** Counts up with everything that is to be drawn anew. */
  revision = 0;
  #tiles = "";
  #objectsText = "";

  get size(): { readonly width: number; readonly height: number } {
    return { width: this.rows[0]?.length ?? 0, height: this.rows.length };
  }

  /** Where the game says that somebody is. */
  positionOf(session: string): Point | undefined {
    return this.walkers.get(session)?.samples.at(-1);
  }

  see(state: MapState, atMs: number): void {
    this.revision += 1;
    this.name = state.name;
    this.#seeMap(state);
    const here = new Set<string>();
    state.players.forEach(({ user, name, x, y, connected, can_edit }, session) => {
      here.add(session);
      const person = { session, user, name, isConnected: connected, canEdit: can_edit };
      const walker = this.walkers.get(session);
      const samples = withSample(walker?.samples ?? [], { x, y, atMs });
      if (walker) Object.assign(walker, { person, samples });
      else this.walkers.set(session, { person, samples });
    });
    for (const session of this.walkers.keys()) if (!here.has(session)) this.walkers.delete(session);
  }

  hear(session: string, text: string, atMs: number): void {
    const walker = this.walkers.get(session);
    if (walker) walker.said = { text, atMs };
    this.revision += 1;
  }

  #seeMap(state: MapState): void {
    const objects = new Map<string, PlacedObject>();
    state.objects.forEach(({ asset_id, x, y, rotation, layer, solid }, object_id) => {
      objects.set(object_id, { object_id, asset_id, x, y, rotation, layer, solid });
    });
    const text = JSON.stringify([...objects.values()]);
    if (text === this.#objectsText && state.tiles === this.#tiles) return;
    this.#objectsText = text;
    this.#tiles = state.tiles;
    this.objects = objects;
    this.rows = state.tiles.split("\n");
    this.blocked = blockedTiles(this.rows, objects.values());
  }
}
