import type { SeatGiven } from "../../../client/ticket.ts";
import { randomText } from "./call.ts";
import type { Session } from "./session.ts";
import type { Access, Asset, GameMap, MapSummary, Page } from "./wire.ts";

export interface NewAsset {
  readonly name: string;
  readonly category_id: string;
  readonly price: number;
}
export interface MapChange {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly tiles: readonly string[];
  readonly objects: GameMap["objects"];
  readonly access: Access;
}
interface EnterAnswer extends Omit<SeatGiven, "id"> {
  readonly seat: string;
}

const PAGE = 60;

/** What the page asks the asset service and the room service, in the player's name. */
export class Services {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  myAssets = (after?: string): Promise<Page<Asset>> => this.#get("/asset/assets/mine", after);
  publicAssets = (after?: string): Promise<Page<Asset>> => this.#get("/asset/assets", after);
  myMaps = (after?: string): Promise<Page<MapSummary>> => this.#get("/room/maps/mine", after);
  publicMaps = (after?: string): Promise<Page<MapSummary>> => this.#get("/room/maps", after);

  /** Those of them that the player may see. */
  async assets(ids: readonly string[]): Promise<readonly Asset[]> {
    if (ids.length === 0) return [];
    const body = { ids };
    return (await this.#send<Page<Asset>>("POST", "/asset/assets/batch", body)).items;
  }

  createAsset(body: NewAsset, key: string): Promise<Asset> {
    return this.#send("POST", "/asset/assets", body, key);
  }

  changeAsset(id: string, body: NewAsset): Promise<Asset> {
    return this.#send("PATCH", `/asset/assets/${id}`, body);
  }

  async uploadThumbnail(id: string, file: Blob, name: string): Promise<Asset> {
    const form = new FormData();
    form.set("thumbnail", file, name);
    const path = `/asset/assets/${id}/thumbnail`;
    return (await this.#session.call<Asset>({ method: "PUT", path, form })).message;
  }

  showAsset(id: string, isPublic: boolean): Promise<Asset> {
    return this.#send("POST", `/asset/assets/${id}/${isPublic ? "publish" : "unpublish"}`, {});
  }

  async deleteAsset(id: string): Promise<void> {
    await this.#session.call({ method: "DELETE", path: `/asset/assets/${id}` });
  }

  async map(id: string, link?: string): Promise<GameMap> {
    const query = link === undefined ? "" : `?link=${encodeURIComponent(link)}`;
    const path = `/room/maps/${id}${query}`;
    return (await this.#session.call<GameMap>({ method: "GET", path })).message;
  }

  createMap(body: MapChange, key: string): Promise<GameMap> {
    return this.#send("POST", "/room/maps", body, key);
  }

  changeMap(id: string, version: number, change: MapChange): Promise<GameMap> {
    return this.#send("PATCH", `/room/maps/${id}`, { ...change, version });
  }

  publishMap(id: string, isPublished: boolean): Promise<MapSummary> {
    return this.#send("POST", `/room/maps/${id}/${isPublished ? "publish" : "unpublish"}`, {});
  }

  /** A member sees, enters and changes the map. */
  async setMember(id: string, user: string, isMember: boolean): Promise<MapSummary> {
    const path = `/room/maps/${id}/members/${encodeURIComponent(user)}`;
    const method = isMember ? "PUT" : "DELETE";
    return (await this.#session.call<MapSummary>({ method, path })).message;
  }

  async deleteMap(id: string): Promise<void> {
    await this.#session.call({ method: "DELETE", path: `/room/maps/${id}` });
  }

  /** A new key by which others may enter; the one before ends. */
  async newLink(id: string): Promise<string> {
    return (await this.#send<{ readonly link: string }>("POST", `/room/maps/${id}/link`, {})).link;
  }

  async enter(id: string, link: string | undefined, signal: AbortSignal): Promise<SeatGiven> {
    const path = `/room/maps/${id}/enter`;
    const body = link === undefined ? {} : { link };
    const { message } = await this.#session.call<EnterAnswer>({
      method: "POST",
      path,
      body,
      key: randomText(),
      signal,
    });
    const { seat, ...rest } = message;
    return { id: seat, ...rest };
  }

  async present(): Promise<void> {
    await this.#session.call({ method: "POST", path: "/login/presence", body: {} });
  }

  async #get<T>(path: string, after: string | undefined): Promise<Page<T>> {
    const query = new URLSearchParams({ limit: String(PAGE), ...(after ? { after } : {}) });
    return (await this.#session.call<Page<T>>({ method: "GET", path: `${path}?${query}` })).message;
  }

  async #send<M>(method: "POST" | "PATCH", path: string, body: object, key?: string): Promise<M> {
    return (await this.#session.call<M>({ method, path, body, key })).message;
  }
}
