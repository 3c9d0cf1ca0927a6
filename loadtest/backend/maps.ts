import { expectThat } from "../generator/http-client.ts";
import type { Account } from "./account.ts";

/** A side of the maps of load tests, in tiles. */
export const SIDE = 24;
const TILES: readonly string[] = Array.from({ length: SIDE }, () => ".".repeat(SIDE));

export interface MapShown {
  readonly map_id: string;
  readonly creator: string;
  readonly name: string;
  readonly published: boolean;
  readonly version: number;
  readonly tiles: readonly string[];
  readonly objects: readonly { readonly object_id: string; readonly asset_id: string }[];
}
/** What who enters is given. */
export interface Entered {
  readonly map_id: string;
  readonly room: string;
  readonly seat: string;
  readonly player: string;
  readonly host: string;
  readonly ports: readonly { readonly name: string; readonly port: number }[];
  readonly token: string;
}

/** Maps, as one player sees them. */
export class Maps {
  readonly #account: Account;

  constructor(account: Account) {
    this.#account = account;
  }

  async make(name: string): Promise<string> {
    const body = { name, width: SIDE, height: SIDE, tiles: TILES, access: "public" };
    const asked = { ...this.#account.asking, method: "POST", body, status: 201 } as const;
    const map = await this.#account.backend.told<MapShown>(this.#url(""), asked);
    expectThat(map.creator === this.#account.userId && map.name === name, "another map");
    return map.map_id;
  }

  async publish(id: string): Promise<void> {
    const map = await this.#post<MapShown>(`/${id}/publish`, {}, 200);
    expectThat(map.published, "not published");
  }

  /** The map, which is whole. */
  async read(id: string): Promise<MapShown> {
    const map = await this.#account.backend.told<MapShown>(
      this.#url(`/${id}`),
      this.#account.asking,
    );
    expectThat(map.map_id === id && map.tiles.length === SIDE, "another map");
    return map;
  }

  /** Puts a thing on it; the object's id. */
  async place(id: string, assetId: string): Promise<string> {
    const body = { asset_id: assetId, x: 9.5, y: 9.5, rotation: 0, layer: 0, solid: false };
    const placed = await this.#post<{ readonly object_id: string; readonly asset_id: string }>(
      `/${id}/objects`,
      body,
      201,
    );
    expectThat(placed.asset_id === assetId, "another thing");
    return placed.object_id;
  }

  async undo(id: string): Promise<void> {
    const map = await this.#post<MapShown>(`/${id}/undo`, {}, 200);
    expectThat(map.objects.length === 0, "undone, and still there");
  }

  /** The player's own published ones: this one is among them. */
  async list(id: string): Promise<void> {
    const url = this.#url(`?creator=${this.#account.userId}`);
    const { items } = await this.#account.backend.told<{ readonly items: readonly MapShown[] }>(
      url,
      this.#account.asking,
    );
    expectThat(
      items.some(({ map_id }) => map_id === id),
      "the list lacks what was published",
    );
  }

  async delete(id: string): Promise<void> {
    const asked = { ...this.#account.asking, method: "DELETE" } as const;
    await this.#account.backend.told(this.#url(`/${id}`), asked);
    await this.#account.backend.http.json(this.#url(`/${id}`), {
      ...this.#account.asking,
      status: 404,
    });
  }

  /** A seat in the map's room. */
  async enter(id: string): Promise<Entered> {
    const entered = await this.#post<Entered>(`/${id}/enter`, {}, 200);
    expectThat(entered.map_id === id, "a seat on another map");
    expectThat(entered.player === this.#account.userId, "somebody else's seat");
    expectThat(entered.token.split(".").length === 3, "no join token");
    this.#account.backend.targets.checkHost(entered.host);
    return entered;
  }

  #post<T>(below: string, body: object, status: number): Promise<T> {
    const asked = { ...this.#account.asking, method: "POST", body, status } as const;
    return this.#account.backend.told<T>(this.#url(below), asked);
  }

  #url(below: string): string {
    return `${this.#account.backend.options.roomUrl}/maps${below}`;
  }
}
