import { Duplex } from "node:stream";
import { FleetError } from "../../core/std/errors.ts";
import { FRAME, FRAME_BODY_MAX } from "./mux-frame.ts";
import { fleetErrorFrom } from "./wire-error.ts";

/** Bytes that one side may have under way on one stream before the other has read them. */
export const WINDOW_BYTES: number = 256 * 1024;
/** Bytes read before the other side hears of it: not a frame for every few of them. */
const WINDOW_STEP_BYTES = WINDOW_BYTES / 4;

export type SendFrame = (stream: number, kind: number, body?: Buffer) => void;

/** One stream of a tunnel: a duplex of bytes that waits when its reader is slow and hurts no other stream. */
export class MuxStream extends Duplex {
  readonly id: number;
  readonly #send: SendFrame;
  #credit: number = WINDOW_BYTES;
  #received = 0;
  #unread = 0;
  #waiting: { readonly bytes: Buffer; readonly done: (error?: Error) => void } | undefined;
  #ended = false;
  #over = false;

  constructor(id: number, send: SendFrame) {
    super({ allowHalfOpen: true });
    this.id = id;
    this.#send = send;
  }

  /** The other side's request is taken up; bytes may flow. */
  accept(): void {
    this.#send(this.id, FRAME.accept);
  }

  /** Ends the stream with a reason that the other side gets as a FleetError. */
  refuse(error: FleetError): void {
    this.#reset(error.code, error.message);
    this.destroy();
  }

  /** A frame of this stream came in. */
  receive(kind: number, body: Buffer): void {
    if (kind === FRAME.data) this.#receiveData(body);
    else if (kind === FRAME.window && body.length === 4) this.#widen(body.readUInt32BE(0));
    else if (kind === FRAME.end) this.push(null);
    else if (kind === FRAME.reset) this.#receiveReset(body);
  }

  override _write(bytes: Buffer, _encoding: string, done: (error?: Error) => void): void {
    this.#waiting = { bytes, done };
    this.#sendWaiting();
  }

  override _final(done: (error?: Error) => void): void {
    this.#ended = true;
    this.#send(this.id, FRAME.end);
    done();
  }

  override _read(): void {
    if (this.#unread < WINDOW_STEP_BYTES) return;
    const body = Buffer.allocUnsafe(4);
    body.writeUInt32BE(this.#unread, 0);
    this.#received -= this.#unread;
    this.#unread = 0;
    this.#send(this.id, FRAME.window, body);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!(this.#ended && this.readableEnded))
      this.#reset("CANCELLED", error?.message ?? "the other side went away");
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.done(error ?? new FleetError("CANCELLED", "the stream was closed"));
    done(error);
  }

  #receiveData(body: Buffer): void {
    this.#received += body.length;
    if (this.#received > WINDOW_BYTES) {
      this.destroy(new FleetError("TOO_LARGE", "the tunnel's peer sent more than it may"));
      return;
    }
    this.#unread += body.length;
    this.push(Buffer.from(body));
  }

  #receiveReset(body: Buffer): void {
    this.#over = true;
    this.destroy(errorOfReset(body));
  }

  #widen(bytes: number): void {
    this.#credit = Math.min(WINDOW_BYTES, this.#credit + bytes);
    this.#sendWaiting();
  }

  #sendWaiting(): void {
    while (this.#waiting && this.#credit > 0) {
      const { bytes, done } = this.#waiting;
      const size = Math.min(bytes.length, this.#credit, FRAME_BODY_MAX);
      if (size > 0) this.#send(this.id, FRAME.data, bytes.subarray(0, size));
      this.#credit -= size;
      const rest = bytes.subarray(size);
      this.#waiting = rest.length > 0 ? { bytes: rest, done } : undefined;
      if (rest.length === 0) done();
    }
  }

  #reset(code: string, message: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#send(this.id, FRAME.reset, Buffer.from(JSON.stringify({ code, message })));
  }
}

/** The reason in a reset frame; whatever it holds, a FleetError. */
export function errorOfReset(body: Buffer): FleetError {
  try {
    return fleetErrorFrom(JSON.parse(body.toString()));
  } catch {
    return new FleetError("UNAVAILABLE", "the tunnel's peer ended the stream without a reason");
  }
}
