import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { TokenSigner } from "../game/join-keys.fixture.ts";
import type { Attributes, Port, RoomView, RoomWanted, SeatView, SeatWanted } from "./wire.ts";

/** What goes wrong with the next request: before it is done, or after, when only the answer is lost. */
export type Fault = "cut" | "cut after" | "503" | "429" | "429 later" | "401";
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly key: string | undefined;
  readonly authorization: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}
interface Room {
  readonly id: string;
  readonly fleet: string;
  readonly attributes: Attributes;
  readonly capacity: number;
  open: boolean;
  readonly seats: Map<string, string>;
}
interface Answer {
  readonly status: number;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
}

const CAPACITY = 4;
const PAGE = 2;

/** For tests: the control plane's rooms API in memory, over real HTTP, with real join tokens, and faults on demand. */
export class RoomsApi implements AsyncDisposable {
  readonly asked: Asked[] = [];
  readonly faults: Fault[] = [];
  readonly signer: TokenSigner;
  /** Of the game server that tokens are for. */
  uid = "uid-1";
  host = "127.0.0.1";
  ports: readonly Port[] = [];
  /** How long the tokens say that they live. */
  tokenSeconds = 60;
  readonly #server: Server;
  readonly #rooms = new Map<string, Room>();
  readonly #byKey = new Map<string, Answer>();
  #made = 0;
  #given = 0;

  private constructor(server: Server, signer: TokenSigner) {
    this.#server = server;
    this.signer = signer;
    server.on("request", (request, response) => void this.#serve(request, response));
  }

  static async open(): Promise<RoomsApi> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return new RoomsApi(server, await TokenSigner.make("key-1"));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Who sits in the room. */
  players(room: string): readonly string[] {
    return [...(this.#rooms.get(room)?.seats.values() ?? [])];
  }

  get rooms(): readonly string[] {
    return [...this.#rooms.keys()];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const text = Buffer.concat(parts).toString();
    const { method = "", url: path = "", headers } = request;
    const key = headers["idempotency-key"]?.toString();
    const body = text === "" ? {} : JSON.parse(text);
    this.asked.push({ method, path, key, authorization: headers.authorization, body });
    const fault = this.faults.shift();
    if (fault === "cut") return void request.socket.destroy();
    const {
      status,
      body: said,
      headers: more,
    } = faultAnswer(fault) ?? (await this.#once(this.asked.at(-1)));
    if (fault === "cut after") return void request.socket.destroy();
    response.writeHead(status, { "content-type": "application/json", ...more });
    response.end(JSON.stringify(said));
  }

  /** The same key gets the same answer. */
  async #once(asked: Asked | undefined): Promise<Answer> {
    const { key = "", method = "", path = "", body = {} } = asked ?? {};
    const known = this.#byKey.get(key);
    if (known) return known;
    const answer = await this.#answer(method, new URL(path, this.url), body);
    if (key !== "" && answer.status < 300) this.#byKey.set(key, answer);
    return answer;
  }

  async #answer(method: string, url: URL, body: object): Promise<Answer> {
    const [, , , id, , seat] = url.pathname.split("/");
    if (id === undefined)
      return method === "GET"
        ? this.#list(url)
        : this.#make(body as RoomWanted & { seat?: SeatWanted });
    const room = this.#rooms.get(id);
    if (!room) return failure(404, "NotFound", `room ${id} not found`);
    if (seat !== undefined) return this.#free(room, seat);
    if (url.pathname.endsWith("/seats") && method === "GET") return this.#seatsOf(room);
    if (url.pathname.endsWith("/seats")) return this.#take(room, body as SeatWanted);
    if (method === "PATCH") room.open = (body as { open: boolean }).open;
    if (method === "DELETE") this.#rooms.delete(id);
    return { status: 200, body: this.#viewOf(room) };
  }

  async #make({ seat, ...wanted }: RoomWanted & { seat?: SeatWanted }): Promise<Answer> {
    if (wanted.fleet === "none")
      return failure(429, "TooManyRequests", "fleet none has no Ready game server", "1");
    const alike = [...this.#rooms.values()].filter(
      (room) =>
        room.fleet === wanted.fleet &&
        JSON.stringify(room.attributes) === JSON.stringify(wanted.attributes ?? {}),
    );
    const own = alike.find(({ seats }) => seat && [...seats.values()].includes(seat.player));
    const free = alike.find((room) => room.open && room.seats.size < room.capacity);
    const found = wanted.find === false ? undefined : (own ?? free);
    const room = found ?? this.#newRoom(wanted);
    const taken = seat && ((await this.#take(room, seat)).body as SeatView);
    const body = { room: this.#viewOf(room), made: !found, ...(taken ? { seat: taken } : {}) };
    return { status: found ? 200 : 201, body };
  }

  #newRoom({ fleet, attributes = {}, capacity = CAPACITY, open = true }: RoomWanted): Room {
    this.#made += 1;
    const id = `${fleet}-room${this.#made}`;
    const room = { id, fleet, attributes, capacity, open, seats: new Map<string, string>() };
    this.#rooms.set(id, room);
    return room;
  }

  async #take(room: Room, { player }: SeatWanted): Promise<Answer> {
    const known = [...room.seats].find(([, one]) => one === player)?.[0];
    if (known === undefined && room.seats.size >= room.capacity)
      return failure(429, "TooManyRequests", `room ${room.id} is full`, "1");
    this.#given += 1;
    const id = known ?? `s${String(this.#given).padStart(12, "0")}`;
    room.seats.set(id, player);
    const iat = Math.floor(Date.now() / 1000);
    const token = await this.signer.sign({
      aud: this.uid,
      sub: player,
      room: room.id,
      seat: id,
      cap: room.capacity,
      iat,
      exp: iat + this.tokenSeconds,
    });
    const at = new Date((iat + 30) * 1000).toISOString();
    const view: SeatView = {
      id,
      room: room.id,
      player,
      state: "Reserved",
      expiresAt: at,
      host: this.host,
      ports: this.ports,
      token,
      tokenExpiresAt: at,
    };
    return { status: known === undefined ? 201 : 200, body: view };
  }

  #seatsOf({ seats }: Room): Answer {
    const rest = { state: "Reserved", givenAt: "2026-01-01T00:00:00Z" };
    const all = [...seats].map(([id, player]) => ({ id, player, ...rest }));
    return { status: 200, body: { seats: all } };
  }

  #free(room: Room, seat: string): Answer {
    if (!room.seats.delete(seat)) return failure(404, "NotFound", `seat ${seat} not found`);
    return { status: 200, body: { seat: { id: seat }, room: this.#viewOf(room) } };
  }

  #list(url: URL): Answer {
    const from = Number(url.searchParams.get("continue") ?? 0);
    const fleet = url.searchParams.get("fleet");
    const views = [...this.#rooms.values()]
      .map((room) => this.#viewOf(room))
      .filter((room) => fleet === null || room.fleet === fleet)
      .filter(({ seats }) => url.searchParams.get("free") !== "true" || seats.free > 0)
      .filter(({ attributes }) =>
        [...url.searchParams].every(([key, value]) => {
          const [head, name = ""] = key.split("attribute.");
          return head !== "" || attributes[name] === value;
        }),
      );
    const isMore = views.length > from + PAGE;
    const more = isMore ? { continue: String(from + PAGE) } : {};
    return { status: 200, body: { rooms: views.slice(from, from + PAGE), ...more } };
  }

  #viewOf({ id, fleet, attributes, capacity, open, seats }: Room): RoomView {
    const [address, ports] = [this.host, this.ports];
    return {
      id,
      namespace: "default",
      fleet,
      attributes,
      capacity,
      open,
      seats: { taken: 0, reserved: seats.size, free: capacity - seats.size },
      gameServer: { name: `${fleet}-1`, uid: this.uid, node: "node-1", address, ports },
      createdAt: "2026-01-01T00:00:00Z",
    };
  }
}

function faultAnswer(fault: Fault | undefined): Answer | undefined {
  if (fault === "503") return failure(503, "ServiceUnavailable", "not the leader");
  if (fault === "429") return failure(429, "TooManyRequests", "nothing is free", "1");
  if (fault === "429 later") return failure(429, "TooManyRequests", "nothing is free", "60");
  return fault === "401" ? failure(401, "Unauthorized", "the token is not known") : undefined;
}

function failure(status: number, reason: string, message: string, retryAfter?: string): Answer {
  const body = {
    kind: "Status",
    apiVersion: "v1",
    status: "Failure",
    reason,
    message,
    code: status,
  };
  return { status, body, ...(retryAfter ? { headers: { "retry-after": retryAfter } } : {}) };
}
