import { once } from "node:events";
import { WebSocket } from "ws";

/** How a player of the load comes in. */
export interface RawJoin {
  readonly port: number;
  readonly token: string;
  readonly access: string;
}
interface Reservation {
  readonly processId: string;
  readonly roomId: string;
  readonly sessionId: string;
  readonly error?: string;
}

/** First bytes of Colyseus' protocol. */
const JOIN_ROOM = 10;
const ROOM_DATA = 13;
const ROOM_STATE_PATCH = 15;
const ROOM_REQUEST = 21;
const ROOM_RESPONSE = 22;
const ECHO = Buffer.from([ROOM_REQUEST, 1, 0xa4, ...Buffer.from("echo"), 7]);

/**
 * A player without Colyseus' client, which would decode every patch: for a generator that is to cost less than what it
 * measures. It counts patches, and times one request at a time.
 */
export class RawPlayer {
  patches = 0;
  bytes = 0;
  readonly socket: WebSocket;
  #askedAt: number | undefined;
  #onReply: (ms: number) => void = () => undefined;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (bytes: Buffer) => this.#see(bytes));
    socket.on("error", () => undefined);
  }

  static async join({ port, token, access }: RawJoin): Promise<RawPlayer> {
    const answer = await fetch(`http://127.0.0.1:${port}/matchmake/joinOrCreate/map`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token, access }),
    });
    const { processId, roomId, sessionId, error } = (await answer.json()) as Reservation;
    if (!answer.ok) throw new Error(error ?? `status ${answer.status}`);
    const path = `${processId}/${roomId}?sessionId=${sessionId}`;
    const socket = new WebSocket(`ws://127.0.0.1:${port}/${path}`, { perMessageDeflate: false });
    const player = new RawPlayer(socket);
    await once(socket, "message");
    socket.send(Buffer.from([JOIN_ROOM]));
    return player;
  }

  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
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

  #see(bytes: Buffer): void {
    this.bytes += bytes.length;
    if (bytes[0] === ROOM_STATE_PATCH) this.patches += 1;
    if (bytes[0] !== ROOM_RESPONSE || this.#askedAt === undefined) return;
    this.#onReply(performance.now() - this.#askedAt);
    this.#askedAt = undefined;
  }
}
