import { Worker } from "node:worker_threads";
import { FleetError } from "../../core/std/errors.ts";
import type { FileOutcome, FileWrite } from "./document-file.ts";
import type {
  DocumentFailure,
  DocumentReply,
  DocumentRequest,
  DocumentWorkerData,
} from "./document-worker.ts";

export interface WriterOptions {
  readonly path: string;
  /** How long a group waits for another process that holds the file. */
  readonly busyMs: number;
  /** Writes that may share one transaction. */
  readonly groupMax: number;
  /** Characters that may share one transaction; a write over it goes alone. */
  readonly groupCharsMax: number;
  /** Writes that may wait for the disk; more are refused with EXHAUSTED. */
  readonly waitingMax: number;
}

interface Waiting {
  readonly write: FileWrite;
  readonly chars: number;
  readonly resolve: (outcome: FileOutcome) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Stands before the worker: all writes that wait when it is done with one group make up the next. Why a worker, measured
 * by `document-bench.ts` on two cores busy with other work, 64 writers: the loop stood 6 to 12 ms (p99), and 19 to 24
 * when it wrote itself; 10,000 to 20,000 writes/s against 13,000 to 15,000. And it may wait for another process.
 */
export class Writer implements AsyncDisposable {
  readonly fatal: Promise<Error>;
  readonly #options: WriterOptions;
  readonly #worker: Worker;
  readonly #exited: Promise<unknown>;
  readonly #tellFatal: (error: Error) => void;
  /** Who is answered next: the worker answers in the order that it was asked. */
  readonly #asked: ((reply: DocumentReply) => void)[] = [];
  #waiting: Waiting[] = [];
  #pump: Promise<void> | undefined;
  /** Why nothing is taken any more. */
  #ended: FleetError | undefined;

  constructor(options: WriterOptions) {
    const { promise, resolve } = Promise.withResolvers<Error>();
    this.fatal = promise;
    this.#tellFatal = resolve;
    this.#options = options;
    const { path, busyMs } = options;
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    const url = new URL(`./document-worker.${extension}`, import.meta.url);
    this.#worker = new Worker(url, { workerData: { path, busyMs } satisfies DocumentWorkerData });
    this.#exited = new Promise((done) => this.#worker.once("exit", done));
    this.#worker.on("message", (reply: DocumentReply) => this.#asked.shift()?.(reply));
    this.#worker.on("error", (error) => this.#failForGood(error.message));
  }

  /** Resolves with how the write ended, when that is durable. */
  write(write: FileWrite, chars: number): Promise<FileOutcome> {
    if (this.#ended) return Promise.reject(this.#ended);
    if (this.#waiting.length >= this.#options.waitingMax)
      return Promise.reject(
        new FleetError("EXHAUSTED", "too many writes are waiting for the disk"),
      );
    return new Promise((resolve, reject) => {
      this.#waiting.push({ write, chars, resolve, reject });
      // After the poll phase, so that everything that came in with one turn of the loop shares the first group.
      this.#pump ??= new Promise((done) => setImmediate(() => done(this.#run())));
    });
  }

  /** Anything but writes; rejects with what went wrong. */
  async ask(request: Exclude<DocumentRequest, { do: "write" | "close" }>): Promise<void> {
    if (this.#ended) throw this.#ended;
    const reply = await this.#ask(request);
    if ("failed" in reply) throw this.#errorOf(reply);
  }

  /** Refuses new writes, waits for those that it has taken, then closes the file. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended ??= new FleetError("UNAVAILABLE", "the store is closed");
    await this.#pump;
    this.#worker.postMessage({ do: "close" } satisfies DocumentRequest);
    await this.#exited;
  }

  /** The only place that hands out groups; runs while there is anything to write. */
  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup();
      const reply = await this.#ask({ do: "write", writes: group.map(({ write }) => write) });
      if ("failed" in reply) {
        const error = this.#errorOf(reply);
        for (const { reject } of group) reject(error);
        continue;
      }
      for (const [i, outcome] of reply.outcomes.entries()) group[i]?.resolve(outcome);
    }
    this.#pump = undefined;
  }

  #takeGroup(): Waiting[] {
    const { groupMax, groupCharsMax } = this.#options;
    let chars = 0;
    let size = 0;
    for (const waiting of this.#waiting) {
      chars += waiting.chars;
      if (size > 0 && (size >= groupMax || chars > groupCharsMax)) break;
      size += 1;
    }
    return this.#waiting.splice(0, size);
  }

  #ask(request: DocumentRequest): Promise<DocumentReply> {
    if (this.#ended?.cause)
      return Promise.resolve({ failed: "medium", because: this.#ended.message });
    return new Promise((resolve) => {
      this.#asked.push(resolve);
      this.#worker.postMessage(request);
    });
  }

  #errorOf({ failed, because }: DocumentFailure): FleetError {
    const { path, busyMs } = this.#options;
    if (failed === "full")
      return new FleetError("STORAGE_FULL", `there is no space left for ${path}`);
    if (failed === "busy")
      return new FleetError("UNAVAILABLE", `${path} was held by others for ${busyMs} ms`);
    if (failed === "broken") return new FleetError("ALREADY_EXISTS", because);
    if (failed === "refused") return new FleetError("FAILED_PRECONDITION", because);
    this.#failForGood(because);
    return this.#ended ?? new FleetError("UNAVAILABLE", because);
  }

  /** An error of the medium is never tried again: what was synced before it cannot be known any more. */
  #failForGood(because: string): void {
    if (this.#ended?.cause) return;
    const cause = new Error(because);
    const message = `the documents in ${this.#options.path} cannot be written any more: ${because}`;
    this.#ended = new FleetError("UNAVAILABLE", message, {}, cause);
    for (const asked of this.#asked.splice(0)) asked({ failed: "medium", because });
    this.#tellFatal(cause);
  }
}
