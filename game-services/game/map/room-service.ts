import { ERRORS, type ErrorCode, FleetError, messageOf } from "../../../core/std/errors.ts";
import { isObject } from "../../../core/std/json.ts";
import { PeerService } from "../../service/peer-service.ts";
import { isPlaced, type MapDocument, mapOf, type PlacedObject } from "./map-document.ts";
import type { Snapshot } from "./snapshot.ts";

export interface RoomServiceOptions {
  /** Such as http://127.0.0.1:8713. */
  readonly url: string;
  /** The operator's token of the room service: it sees every map. */
  readonly token: string;
}
export type ObjectWanted = Omit<PlacedObject, "object_id">;
export interface Placed {
  readonly object: PlacedObject;
  /** Of the map, with this object on it. */
  readonly version: number;
}

const ANSWER_MS = 3000;
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;
/** Each room of a process asks for one thing at a time, mostly. */
const OPEN_MAX = 32;

interface Asked {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly token: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** The room service, which keeps maps: read with the operator's token, changed with the player's own. */
export class RoomService {
  readonly #options: RoomServiceOptions;
  readonly #peer: PeerService;

  constructor(options: RoomServiceOptions) {
    const { url } = options;
    const bounds = { answerMs: ANSWER_MS, answerBytesMax: ANSWER_BYTES_MAX, openMax: OPEN_MAX };
    this.#options = options;
    this.#peer = new PeerService({ url, ...bounds });
  }

  /** The map; undefined when its version is still `known`. NOT_FOUND, UNAVAILABLE. */
  async readMap(
    mapId: string,
    known?: number,
    signal?: AbortSignal,
  ): Promise<MapDocument | undefined> {
    const headers = known === undefined ? {} : { "if-none-match": `"${known}"` };
    const { token } = this.#options;
    const path = mapPath(mapId);
    const answer = await this.#ask({ method: "GET", path, token, headers, signal });
    if (answer === undefined) return undefined;
    const map = understood(() => mapOf(answer));
    return map.version === known ? undefined : map;
  }

  /** Places with the player's token. FORBIDDEN and other refusals carry the service's words. */
  async place(mapId: string, wanted: ObjectWanted, token: string): Promise<Placed> {
    const path = `${mapPath(mapId)}/objects`;
    const answer = await this.#ask({ method: "POST", path, token, body: wanted });
    return understood(() => placedOf(answer));
  }

  /** Answers the map's version without the object, where the service tells it. */
  async remove(mapId: string, objectId: string, token: string): Promise<number | undefined> {
    const path = `${mapPath(mapId)}/objects/${encodeURIComponent(objectId)}`;
    const answer = await this.#ask({ method: "DELETE", path, token });
    return isObject(answer) && typeof answer.version === "number" ? answer.version : undefined;
  }

  /** What was saved of the last room of this map; undefined when nothing was. */
  async readSnapshot(mapId: string): Promise<unknown> {
    const { token } = this.#options;
    const path = `${mapPath(mapId)}/snapshot`;
    try {
      const answer = await this.#ask({ method: "GET", path, token });
      return isObject(answer) ? answer.state : undefined;
    } catch (error) {
      if (error instanceof FleetError && error.code === "NOT_FOUND") return undefined;
      throw error;
    }
  }

  /** `state.at` grows from save to save, so that one that is late comes to nothing. */
  async saveSnapshot(mapId: string, room: string, state: Snapshot): Promise<void> {
    const { token } = this.#options;
    const body = { room, state, seq: state.at };
    await this.#ask({ method: "PUT", path: `${mapPath(mapId)}/snapshot`, token, body });
  }

  /** The answer's message; undefined for one without a body. */
  async #ask({ method, path, token, body, headers, signal }: Asked): Promise<unknown> {
    const asked = {
      method,
      headers: {
        ...headers,
        authorization: `Bearer ${token}`,
        ...(body ? { "content-type": "application/json" } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal,
    };
    const { status, text } = await this.#peer.ask(path, asked).catch((error: unknown) => {
      throw new FleetError("UNAVAILABLE", "the room service is away", {}, error);
    });
    if (status === 304 || status === 204) return undefined;
    const said: unknown = understood(() => JSON.parse(text));
    const message = isObject(said) ? said.message : undefined;
    if (status >= 200 && status < 300) return message;
    throw new FleetError(
      codeOf(status),
      typeof message === "string" ? message : `status ${status}`,
    );
  }
}

function mapPath(mapId: string): string {
  return `/maps/${encodeURIComponent(mapId)}`;
}

function placedOf(answer: unknown): Placed {
  const object: unknown = isObject(answer) && isObject(answer.object) ? answer.object : answer;
  const version = isObject(answer) ? answer.version : undefined;
  if (isPlaced(object) && typeof version === "number") return { object, version };
  throw new Error("the room service's object has not the form of one");
}

/** An answer that makes no sense is as good as none. */
function understood<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new FleetError("UNAVAILABLE", messageOf(error), {}, error);
  }
}

function codeOf(status: number): ErrorCode {
  if (status >= 500) return "UNAVAILABLE";
  const found = Object.entries(ERRORS).find(([, { http }]) => http === status);
  return (found?.[0] as ErrorCode | undefined) ?? "BAD_REQUEST";
}
