import type { Duplex } from "node:stream";
import { FleetError, isFleetError, messageOf } from "../../core/std/errors.ts";
import type { JsonObject } from "../../core/std/json.ts";
import { isObject } from "../../core/std/json.ts";
import { encodeFrame, FRAME, type Frame, FrameReader } from "./mux-frame.ts";
import { errorOfReset, MuxStream } from "./mux-stream.ts";

export interface MuxOptions {
  /** Streams at once; over it a request is refused with EXHAUSTED. */
  readonly streamsMax: number;
  readonly pingEveryMs: number;
  /** A peer that says nothing for so long is gone. */
  readonly silenceMaxMs: number;
  /** Takes up (`accept`) or refuses what the other side opens; a throw refuses it. */
  readonly onOpen?: (stream: MuxStream, request: JsonObject) => void;
}

interface Opening {
  readonly stream: MuxStream;
  readonly resolve: (stream: MuxStream) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Many streams on one connection that the agent has opened, so that the control plane reaches containers on a machine
 * that nobody can dial. The side that opens a stream numbers it; the agent uses odd numbers, the control plane even ones.
 */
export class Mux implements AsyncDisposable {
  /** Resolves when the connection has ended, for whatever reason. */
  readonly closed: Promise<void>;
  readonly #socket: Duplex;
  readonly #options: MuxOptions;
  readonly #reader = new FrameReader();
  readonly #streams = new Map<number, MuxStream>();
  readonly #openings = new Map<number, Opening>();
  readonly #ping: NodeJS.Timeout;
  #next: number;
  #heardAt: number = performance.now();

  constructor(socket: Duplex, side: "agent" | "server", options: MuxOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#next = side === "agent" ? 1 : 2;
    this.closed = new Promise((resolve) => socket.once("close", () => this.#end(resolve)));
    socket.on("error", () => socket.destroy());
    socket.on("end", () => socket.destroy());
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    this.#ping = setInterval(() => this.#tick(), options.pingEveryMs);
    this.#ping.unref();
  }

  get streams(): number {
    return this.#streams.size;
  }

  /** Asks the other side for a stream; resolves when it accepts, rejects with its reason. */
  open(request: JsonObject, signal?: AbortSignal): Promise<MuxStream> {
    if (this.#socket.destroyed)
      return Promise.reject(new FleetError("UNAVAILABLE", "the node's tunnel is closed"));
    if (this.#streams.size >= this.#options.streamsMax)
      return Promise.reject(new FleetError("EXHAUSTED", "too many streams to this node"));
    const stream = this.#add(this.#next);
    this.#next += 2;
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        stream.destroy(new FleetError("CANCELLED", "the request was given up"));
      };
      signal?.addEventListener("abort", stop, { once: true });
      stream.once("close", () => signal?.removeEventListener("abort", stop));
      this.#openings.set(stream.id, { stream, resolve, reject });
      this.#send(stream.id, FRAME.open, Buffer.from(JSON.stringify(request)));
      if (signal?.aborted) stop();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    await this.closed;
  }

  #add(id: number): MuxStream {
    const stream = new MuxStream(id, (...frame) => this.#send(...frame));
    this.#streams.set(id, stream);
    // A stream that nobody listens to may end with an error, too.
    stream.on("error", (error) => this.#settle(id, error));
    stream.once("close", () => {
      this.#streams.delete(id);
      this.#settle(id, new FleetError("UNAVAILABLE", "the stream ended before it was accepted"));
    });
    return stream;
  }

  #settle(id: number, error?: Error): void {
    const opening = this.#openings.get(id);
    this.#openings.delete(id);
    if (error) opening?.reject(error);
    else opening?.resolve(opening.stream);
  }

  #send(stream: number, kind: number, body?: Buffer): void {
    if (!this.#socket.destroyed) this.#socket.write(encodeFrame(stream, kind, body));
  }

  #receive(chunk: Buffer): void {
    this.#heardAt = performance.now();
    try {
      for (const frame of this.#reader.read(chunk)) this.#take(frame);
    } catch (error) {
      this.#socket.destroy(error instanceof Error ? error : undefined);
    }
  }

  #take({ stream: id, kind, body }: Frame): void {
    if (kind === FRAME.ping) this.#send(0, FRAME.pong);
    else if (kind === FRAME.open) this.#opened(id, body);
    else if (kind === FRAME.accept) this.#settle(id);
    else if (kind === FRAME.reset && this.#openings.has(id)) {
      this.#settle(id, errorOfReset(body));
      this.#streams.get(id)?.receive(kind, body);
    } else if (kind !== FRAME.pong) this.#streams.get(id)?.receive(kind, body);
  }

  #opened(id: number, body: Buffer): void {
    if (id % 2 === this.#next % 2 || this.#streams.has(id))
      throw new FleetError(
        "BAD_REQUEST",
        "the tunnel's peer used a stream number that is not its own",
      );
    const isFull = this.#streams.size >= this.#options.streamsMax;
    const stream = this.#add(id);
    try {
      const request: unknown = JSON.parse(body.toString());
      if (isFull) throw new FleetError("EXHAUSTED", "too many streams on this node");
      if (!isObject(request) || !this.#options.onOpen)
        throw new FleetError("UNSUPPORTED", "nothing here takes this request");
      this.#options.onOpen(stream, request as JsonObject);
    } catch (error) {
      stream.refuse(
        isFleetError(error) ? error : new FleetError("INTERNAL", messageOf(error), {}, error),
      );
    }
  }

  #tick(): void {
    this.#send(0, FRAME.ping);
    // A process that stood still comes to its timers first, and after them to what it was sent meanwhile.
    if (this.#isSilent()) setImmediate(() => this.#isSilent() && this.#socket.destroy());
  }

  #isSilent(): boolean {
    return performance.now() - this.#heardAt > this.#options.silenceMaxMs;
  }

  #end(resolve: () => void): void {
    clearInterval(this.#ping);
    const error = new FleetError("UNAVAILABLE", "the connection to the node was lost");
    for (const stream of [...this.#streams.values()]) stream.destroy(error);
    resolve();
  }
}
