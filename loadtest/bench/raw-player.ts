import { once } from "node:events";
import { LightSocket } from "./light-socket.ts";

/** How a player of the load comes in. */
export interface RawJoin {
  /** 127.0.0.1 when absent. */
  readonly host?: string;
  readonly port: number;
  /** Colyseus' name of the rooms; `map` when absent. */
  readonly room?: string;
  /** The join token of its seat, where the game wants one. */
  readonly token?: string;
  /** For games that ask the login service who somebody is. */
  readonly access?: string;
  /** Gives up waiting to come in. */
  readonly signal?: AbortSignal;
  /** Asks the game for a place; by `fetch` when absent. */
  readonly reserve?: (url: string, body: object, signal: AbortSignal) => Promise<Reservation>;
}
/** A place in a room of Colyseus, for a moment. */
export interface Reservation {
  readonly processId: string;
  readonly roomId: string;
  readonly sessionId: string;
}

/** First bytes of Colyseus' protocol. */
const JOIN_ROOM = 10;
const LEAVE_ROOM = 12;
const ROOM_DATA = 13;
const ROOM_STATE = 14;
const ROOM_STATE_PATCH = 15;
const ROOM_REQUEST = 21;
const ROOM_RESPONSE = 22;
const ECHO = Buffer.from([ROOM_REQUEST, 1, 0xa4, ...Buffer.from("echo"), 7]);
const ASK_UDP = Buffer.from([ROOM_REQUEST, 2, 0xa3, ...Buffer.from("udp")]);
/** In the answer: the word `token` and a string of 32 characters. */
const UDP_TOKEN = /token\xd9\x20([0-9a-f]{32})/;

const NEVER = new AbortController().signal;

/**
 * A player without Colyseus' client, which would decode every patch: for a generator that is to cost less than what it
 * measures. It counts patches, and times one request at a time.
 */
export class RawPlayer {
  patches = 0;
  bytes = 0;
  readonly socket: LightSocket;
  /** Resolves when the room's state is there; rejects when the socket closes before. */
  readonly hasState: Promise<void>;
  #seeState: () => void = () => undefined;
  #askedAt: number | undefined;
  #onReply: (ms: number) => void = () => undefined;
  #awaited: Buffer | undefined;
  #hear: () => void = () => undefined;

  private constructor(socket: LightSocket) {
    this.socket = socket;
    this.hasState = new Promise((resolve, reject) => {
      this.#seeState = resolve;
      socket.once("close", (code) => reject(new Error(`closed with ${code} before the state`)));
    });
    // Who does not wait for it need not know.
    this.hasState.catch(() => undefined);
    socket.on("message", (bytes) => this.#see(bytes));
  }

  /** Resolves when the game has let the player in; `hasState` comes a moment later. */
  static async join(join: RawJoin): Promise<RawPlayer> {
    const { host = "127.0.0.1", port, room = "map", token, access, signal = NEVER } = join;
    const { reserve = reserveByFetch } = join;
    const place = `${host.includes(":") ? `[${host}]` : host}:${port}`;
    const url = `http://${place}/matchmake/joinOrCreate/${room}`;
    const { processId, roomId, sessionId } = await reserve(url, { token, access }, signal);
    const path = `${processId}/${roomId}?sessionId=${sessionId}`;
    const socket = new LightSocket(`ws://${place}/${path}`);
    const player = new RawPlayer(socket);
    const closed = new AbortController();
    socket.once("close", () => closed.abort(new Error("closed before it was in")));
    try {
      await once(socket, "message", { signal: AbortSignal.any([signal, closed.signal]) });
    } catch (error) {
      socket.terminate();
      throw closed.signal.aborted ? closed.signal.reason : error;
    }
    socket.send(Buffer.from([JOIN_ROOM]));
    return player;
  }

  /** The secret that its UDP packets carry, from the game; one that gets no answer waits for `signal`. */
  async udpToken(signal: AbortSignal): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const hear = (bytes: Buffer): void => {
      const [, token] = UDP_TOKEN.exec(bytes.toString("latin1")) ?? [];
      if (bytes[0] === ROOM_RESPONSE && token !== undefined) resolve(token);
    };
    const giveUp = (): void => reject(signal.reason);
    this.socket.on("message", hear);
    signal.addEventListener("abort", giveUp, { once: true });
    this.socket.send(ASK_UDP);
    return promise.finally(() => {
      this.socket.off("message", hear);
      signal.removeEventListener("abort", giveUp);
    });
  }

  get isOpen(): boolean {
    return this.socket.isOpen;
  }

  /** Called with the time of every reply. */
  onReply(heard: (ms: number) => void): void {
    this.#onReply = heard;
  }

  move(x: number, y: number): void {
    const body = Buffer.alloc(24);
    body.set([ROOM_DATA, 0xa4, ...Buffer.from("move"), 0x82, 0xa1, 0x78, 0xca]);
    body.writeFloatBE(x, 10);
    body.set([0xa1, 0x79, 0xca], 14);
    body.writeFloatBE(y, 17);
    this.socket.send(body.subarray(0, 21));
  }

  /** False while the reply before is awaited. */
  echo(): boolean {
    if (this.#askedAt !== undefined) return false;
    this.#askedAt = performance.now();
    this.socket.send(ECHO);
    return true;
  }

  /** Says a line of at most 200 bytes; `heard` is called when it comes back, unless another was said meanwhile. */
  say(text: string, heard: () => void): void {
    this.#awaited = Buffer.from(text);
    this.#hear = heard;
    const start = Buffer.from([ROOM_DATA, 0xa3, ...Buffer.from("say"), 0xd9, this.#awaited.length]);
    this.socket.send(Buffer.concat([start, this.#awaited]));
  }

  /** Says goodbye; the game closes the socket. */
  leave(): void {
    if (this.isOpen) this.socket.send(Buffer.from([LEAVE_ROOM]));
  }

  #see(bytes: Buffer): void {
    this.bytes += bytes.length;
    if (bytes[0] === ROOM_STATE_PATCH) this.patches += 1;
    if (bytes[0] === ROOM_STATE) this.#seeState();
    if (bytes[0] === ROOM_DATA && this.#awaited && bytes.includes(this.#awaited)) {
      this.#awaited = undefined;
      this.#hear();
    }
    if (bytes[0] !== ROOM_RESPONSE || bytes[1] !== 1 || this.#askedAt === undefined) return;
    this.#onReply(performance.now() - this.#askedAt);
    this.#askedAt = undefined;
  }
}

async function reserveByFetch(
  url: string,
  body: object,
  signal: AbortSignal,
): Promise<Reservation> {
  const headers = { "content-type": "application/json" };
  const asked = { method: "POST", headers, body: JSON.stringify(body), signal };
  const answer = await fetch(url, asked);
  const reserved = (await answer.json()) as Reservation & { readonly error?: string };
  if (!answer.ok) throw new Error(reserved.error ?? `status ${answer.status}`);
  return reserved;
}
