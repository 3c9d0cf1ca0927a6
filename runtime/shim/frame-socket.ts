import { createConnection, type Socket } from "node:net";
import { FleetError, messageOf } from "../../core/std/errors.ts";
import {
  encodeMessage,
  type FieldIn,
  FrameReader,
  type Message,
  numberOf,
  textOf,
} from "./message.ts";
import { ERROR, OP, PROTOCOL_VERSION, shimError, TAG } from "./protocol.ts";

type Waiter = { resolve(message: Message): void; reject(error: Error): void };

/** A connection to the shim: requests with their replies, and the frames that nobody asked for. */
export class FrameSocket {
  readonly socket: Socket;
  readonly #reader = new FrameReader();
  readonly #waiters = new Map<number, Waiter>();
  #lastId = 0;
  #ended: Error | undefined;
  /** Gets events and the frames of an exec; set it before asking for them. */
  onFrame: (message: Message) => void = () => {};
  onEnd: (error: Error) => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("error", (error) => this.#end(error));
    socket.on("close", () => this.#end(undefined));
  }

  /** UNAVAILABLE when no shim listens there. Says hello. */
  static async connect(path: string): Promise<FrameSocket> {
    const socket = createConnection(path);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", (error) => {
        const why = `the shim does not answer on ${path}: ${messageOf(error)}`;
        reject(new FleetError("UNAVAILABLE", why, { path }, error));
      });
    });
    return new FrameSocket(socket);
  }

  hello(): Promise<Message> {
    return this.request(OP.HELLO, [[TAG.VERSION, PROTOCOL_VERSION]]);
  }

  /** The reply, or the shim's error. */
  request(op: number, fields: readonly FieldIn[]): Promise<Message> {
    if (this.#ended) return Promise.reject(this.#ended);
    this.#lastId = (this.#lastId % 0xffff_ffff) + 1;
    const id = this.#lastId;
    const frame = encodeMessage(op, id, fields);
    return new Promise((resolve, reject) => {
      this.#waiters.set(id, { resolve, reject });
      this.socket.write(frame);
    });
  }

  /** A frame that has no reply. */
  send(op: number, fields: readonly FieldIn[]): void {
    if (!this.#ended) this.socket.write(encodeMessage(op, 0, fields));
  }

  async close(): Promise<void> {
    if (this.socket.closed) return;
    const closed = new Promise((resolve) => this.socket.once("close", resolve));
    this.socket.destroy();
    await closed;
  }

  #take(chunk: Buffer): void {
    try {
      for (const message of this.#reader.push(chunk)) this.#handle(message);
    } catch (error) {
      this.socket.destroy(error instanceof Error ? error : undefined);
    }
  }

  #handle(message: Message): void {
    const waiter = this.#waiters.get(message.id);
    if (message.op !== OP.OK && message.op !== OP.ERROR) {
      this.onFrame(message);
      return;
    }
    this.#waiters.delete(message.id);
    const code = numberOf(message.fields, TAG.CODE) ?? ERROR.INTERNAL;
    if (message.op === OP.OK) waiter?.resolve(message);
    else waiter?.reject(shimError(code, textOf(message.fields, TAG.MESSAGE) ?? "unknown error"));
  }

  #end(cause: Error | undefined): void {
    if (this.#ended) return;
    this.#ended = new FleetError("UNAVAILABLE", "the connection to the shim has ended", {}, cause);
    for (const { reject } of this.#waiters.values()) reject(this.#ended);
    this.#waiters.clear();
    this.onEnd(this.#ended);
  }
}
