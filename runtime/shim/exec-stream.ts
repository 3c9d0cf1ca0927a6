import { FleetError } from "../../core/std/errors.ts";
import type { FrameSocket } from "./frame-socket.ts";
import { type Message, numberOf } from "./message.ts";
import { OP, TAG } from "./protocol.ts";

export interface ExecChunk {
  readonly stream: "stdout" | "stderr";
  readonly data: Uint8Array;
}

/** A frame holds at most so much input. */
const INPUT_BYTES_MAX = 65_536;
/** With so many chunks unread, the shim, and through it the program, waits. */
const CHUNKS_MAX = 256;

/** A program that runs in a container over a connection of its own; disposing it ends the program. */
export class ExecStream implements Disposable {
  readonly output: AsyncIterable<ExecChunk>;
  /** The exit code; 128 + number for a signal. */
  readonly exit: Promise<number>;
  readonly #frames: FrameSocket;
  readonly #chunks: ExecChunk[] = [];
  readonly #exited = Promise.withResolvers<number>();
  #ended = false;
  #wake: () => void = () => {};

  /** Before the request is sent, so that no frame is missed. */
  constructor(frames: FrameSocket) {
    this.#frames = frames;
    this.exit = this.#exited.promise;
    // Whoever only reads the output is not told of the connection's end by an unhandled rejection.
    this.exit.catch(() => {});
    this.output = { [Symbol.asyncIterator]: () => this.#read() };
    frames.onFrame = (message) => this.#take(message);
    frames.onEnd = () => this.#fail();
  }

  write(data: Uint8Array): void {
    for (let at = 0; at < data.length; at += INPUT_BYTES_MAX)
      this.#frames.send(OP.EXEC_STDIN, [[TAG.DATA, data.subarray(at, at + INPUT_BYTES_MAX)]]);
  }

  end(): void {
    this.#frames.send(OP.EXEC_STDIN_END, []);
  }

  resize(columns: number, rows: number): void {
    this.#frames.send(OP.EXEC_RESIZE, [
      [TAG.COLUMNS, columns],
      [TAG.ROWS, rows],
    ]);
  }

  [Symbol.dispose](): void {
    this.#frames.socket.destroy();
  }

  #take({ op, fields }: Message): void {
    const data = fields.find(({ tag }) => tag === TAG.DATA)?.data;
    if (op === OP.EXEC_EXIT) {
      this.#ended = true;
      this.#exited.resolve(numberOf(fields, TAG.EXIT_CODE) ?? 255);
    } else if (data) {
      this.#chunks.push({ stream: op === OP.EXEC_STDERR ? "stderr" : "stdout", data });
      if (this.#chunks.length >= CHUNKS_MAX) this.#frames.socket.pause();
    }
    this.#wake();
  }

  #fail(): void {
    this.#ended = true;
    this.#exited.reject(new FleetError("UNAVAILABLE", "the connection of the exec has ended"));
    this.#wake();
  }

  async *#read(): AsyncGenerator<ExecChunk, void, void> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk) {
        if (this.#chunks.length === 0) this.#frames.socket.resume();
        yield chunk;
      } else if (this.#ended) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}
