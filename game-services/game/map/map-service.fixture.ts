import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { isFleetError } from "../../../core/std/errors.ts";
import type { Player } from "../../service/route.ts";
import type { Point } from "../input.ts";
import { type MapDocument, mayEdit, type PlacedObject } from "./map-document.ts";
import { snapshotOf } from "./snapshot.ts";

export interface MapServiceOptions {
  readonly operatorToken: string;
  /** Whom a player's token names. */
  readonly authenticate: (token: string) => Promise<Player>;
}
interface Answer {
  readonly status: number;
  readonly message?: unknown;
  readonly etag?: string;
}

const failed = (status: number, message: string): Answer => ({ status, message });

/** For tests: what the game server asks of the room service, over HTTP, with maps in memory. */
export class MapService implements AsyncDisposable {
  readonly maps: Map<string, MapDocument> = new Map();
  readonly snapshots: Map<string, { readonly room: string; readonly state: unknown }> = new Map();
  /** How often each kind of request came, such as `GET map 304`. */
  readonly asked: Map<string, number> = new Map();
  /** While it is set, everything is answered with this status. */
  outage: number | undefined;
  readonly #options: MapServiceOptions;
  readonly #server: Server;

  private constructor(options: MapServiceOptions) {
    this.#options = options;
    this.#server = createServer((asked, answer) => {
      void this.#answer(asked).then(({ status, message, etag }) => {
        answer.writeHead(status, { "content-type": "application/json", ...(etag ? { etag } : {}) });
        const code = status < 300 ? 1 : 0;
        answer.end(status === 304 ? "" : JSON.stringify({ code, message, request_id: "r" }));
      });
    });
  }

  static async open(options: MapServiceOptions): Promise<MapService> {
    const service = new MapService(options);
    await new Promise<void>((resolve) => service.#server.listen(0, "127.0.0.1", resolve));
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Changes a map as somebody else would. */
  change(mapId: string, changes: Partial<MapDocument>): void {
    const map = this.#map(mapId);
    this.maps.set(mapId, { ...map, ...changes, version: map.version + 1 });
  }

  /** Where a player was when the last room of this map was saved; undefined when it was not in it. */
  keptPlace(mapId: string, user: string): Point | undefined {
    const { avatars } = snapshotOf(this.snapshots.get(mapId)?.state, Date.now());
    return avatars.find((one) => one.user === user);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #map(mapId: string): MapDocument {
    const map = this.maps.get(mapId);
    if (!map) throw new Error(`there is no map ${mapId}`);
    return map;
  }

  async #answer(asked: IncomingMessage): Promise<Answer> {
    const chunks: Buffer[] = [];
    for await (const chunk of asked) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const [, , mapId = "", what = "map", id = ""] = (asked.url ?? "").split("/");
    const answer = this.outage
      ? failed(this.outage, "not available at the moment")
      : await this.#found(asked, { mapId, what, id }, text);
    const kind = `${asked.method} ${what} ${answer.status}`;
    this.asked.set(kind, (this.asked.get(kind) ?? 0) + 1);
    return answer;
  }

  async #found(
    { method, headers }: IncomingMessage,
    { mapId, what, id }: Readonly<Record<"mapId" | "what" | "id", string>>,
    text: string,
  ): Promise<Answer> {
    const token = (headers.authorization ?? "").replace(/^Bearer /, "");
    const map = this.maps.get(mapId);
    if (!map) return failed(404, "map not found");
    if (what === "objects")
      return this.#edit(map, token, method === "DELETE" ? id : undefined, text);
    if (token !== this.#options.operatorToken) return failed(401, "token invalid");
    if (what === "snapshot") return this.#snapshot(method, mapId, text);
    const etag = `"${map.version}"`;
    return headers["if-none-match"] === etag
      ? { status: 304, etag }
      : { status: 200, message: map, etag };
  }

  #snapshot(method: string | undefined, mapId: string, text: string): Answer {
    if (method === "PUT") {
      this.snapshots.set(mapId, JSON.parse(text));
      return { status: 200, message: {} };
    }
    const kept = this.snapshots.get(mapId);
    return kept ? { status: 200, message: kept } : failed(404, "snapshot not found");
  }

  async #edit(
    map: MapDocument,
    token: string,
    remove: string | undefined,
    text: string,
  ): Promise<Answer> {
    try {
      const { userId } = await this.#options.authenticate(token);
      if (!mayEdit(map, userId)) return failed(403, "not allowed");
    } catch (error) {
      if (isFleetError(error)) return failed(401, error.message);
      throw error;
    }
    const others = map.objects.filter(({ object_id }) => object_id !== remove);
    if (remove !== undefined && others.length === map.objects.length)
      return failed(404, "object not found");
    const version = map.version + 1;
    if (remove !== undefined) {
      this.change(map.map_id, { objects: others });
      return { status: 200, message: { version } };
    }
    const object_id = `o${randomBytes(6).toString("hex")}`;
    const object = { ...(JSON.parse(text) as PlacedObject), object_id };
    if (object.asset_id === "missing") return failed(422, "asset not found");
    this.change(map.map_id, { objects: [...map.objects, object] });
    return { status: 201, message: { ...object, version } };
  }
}
