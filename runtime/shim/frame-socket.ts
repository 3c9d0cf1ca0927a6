import { createConnection, type Socket } from "node:net";
import { FleetError, isFleetError, messageOf } from "../../core/std/errors.ts";
import {
  encodeMessage,
  type FieldIn,
  FrameReader,
  type Message,
  numberOf,
  textOf,
} from "./message.ts";
import { ERROR, OP, PROTOCOL_VERSION, shimError, TAG } from "./protocol.ts";

interface Waiter {
  readonly resolve: (message: Message) => void;
  readonly reject: (error: Error) => void;
  readonly since: number;
}

/** A connection to the shim: requests with their replies, and the frames that nobody asked for. */
export class FrameSocket {
  readonly socket: Socket;
  readonly #reader = new FrameReader();
  /** In the order of their requests. */
  readonly #waiters = new Map<number, Waiter>();
  readonly #answerMsMax: number;
  #watchdog: NodeJS.Timeout | undefined;
  #lastId = 0;
  #ended: Error | undefined;
  /** Gets events and the frames of an exec; set it before asking for them. */
  onFrame: (message: Message) => void = () => {};
  onEnd: (error: Error) => void = () => {};

  private constructor(socket: Socket, answerMsMax: number) {
    this.socket = socket;
    this.#answerMsMax = answerMsMax;
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("error", (error) => this.#end(error));
    socket.on("close", () => this.#end(undefined));
  }

  /**
   * UNAVAILABLE when no shim listens there. A request that has no reply after `answerMsMax` is rejected with TIMEOUT, and
   * the connection ends: what the shim still makes of it, nobody would know.
   */
  static async connect(path: string, answerMsMax: number): Promise<FrameSocket> {
    const socket = createConnection(path);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", (error) => {
        const why = `the shim does not answer on ${path}: ${messageOf(error)}`;
        reject(new FleetError("UNAVAILABLE", why, { path }, error));
      });
    });
    return new FrameSocket(socket, answerMsMax);
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
      this.#waiters.set(id, { resolve, reject, since: performance.now() });
      this.#watchdog ??= setTimeout(() => this.#look(), this.#answerMsMax);
      this.socket.write(frame);
    });
  }

  /** A frame that has no reply. */
  send(op: number, fields: readonly FieldIn[]): void {
    if (!this.#ended) this.socket.write(encodeMessage(op, 0, fields));
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined;
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
    if (this.#waiters.size === 0) this.#rest();
    const code = numberOf(message.fields, TAG.CODE) ?? ERROR.INTERNAL;
    if (message.op === OP.OK) waiter?.resolve(message);
    else waiter?.reject(shimError(code, textOf(message.fields, TAG.MESSAGE) ?? "unknown error"));
  }

  /** One timer for all: it looks again when the one that waits longest now would be too late. */
  #look(): void {
    this.#watchdog = undefined;
    const [oldest] = this.#waiters.values();
    if (!oldest) return;
    const leftMs = oldest.since + this.#answerMsMax - performance.now();
    if (leftMs > 0) this.#watchdog = setTimeout(() => this.#look(), Math.ceil(leftMs));
    else
      this.socket.destroy(
        new FleetError("TIMEOUT", `the shim has not answered for ${this.#answerMsMax} ms`),
      );
  }

  #rest(): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = undefined;
  }

  #end(cause: Error | undefined): void {
    if (this.#ended) return;
    this.#rest();
    this.#ended = isFleetError(cause, "TIMEOUT")
      ? cause
      : new FleetError("UNAVAILABLE", "the connection to the shim has ended", {}, cause);
    for (const { reject } of this.#waiters.values()) reject(this.#ended);
    this.#waiters.clear();
    this.onEnd(this.#ended);
  }
}
