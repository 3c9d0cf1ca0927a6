import { once } from "node:events";
import type { Worker } from "node:worker_threads";
import type { Event, EventInput } from "../../core/model/event.ts";
import type { EventFilter, EventLog } from "../event-log.ts";
import { LiveEventLog, type LiveEventLogOptions } from "../live-event-log.ts";
import type { EventReply, EventRequest, EventWorkerData } from "./event-worker.ts";
import { firstMessage, startWorker } from "./folder-worker.ts";

export interface SqliteEventLogOptions extends LiveEventLogOptions {
  /** Must exist; nothing outside of it is looked up once the log is open. */
  readonly folder: string;
  /** Between two writes to the file. */
  readonly flushMs: number;
  /**
   * Events of one write; in a storm those beyond it stay in memory only, warnings excepted: whoever answers requests
   * must not stand still while thousands are handed over.
   */
  readonly unwrittenMax: number;
}

/** Events in memory, and once per `flushMs` in an SQLite file that a worker writes; a full disk costs events, nothing else. */
export class SqliteEventLog implements EventLog {
  readonly #options: SqliteEventLogOptions;
  readonly #live: LiveEventLog;
  readonly #worker: Worker;
  /** Not yet written, by name: an event that is counted many times is written once. */
  readonly #unwritten = new Map<string, Event>();
  readonly #listening: Disposable;
  #timer: NodeJS.Timeout | undefined;
  #writing = false;
  #isLost = false;

  private constructor(options: SqliteEventLogOptions, worker: Worker, kept: readonly Event[]) {
    this.#options = options;
    this.#worker = worker;
    this.#live = new LiveEventLog(options);
    for (const event of kept) this.#live.restore(event);
    this.#listening = this.#live.onEvent((event) => this.#keep(event));
    worker.on("message", (reply: EventReply) => this.#onReply(reply));
    worker.on("error", (error) => this.#lose(String(error)));
  }

  static async open(options: SqliteEventLogOptions): Promise<SqliteEventLog> {
    const { folder, eventsMax } = options;
    const worker = startWorker("event-worker", { folder, eventsMax } satisfies EventWorkerData);
    const first = (await firstMessage(worker)) as { readonly kept: readonly Event[] };
    return new SqliteEventLog(options, worker, first.kept);
  }

  record(event: EventInput): void {
    this.#live.record(event);
  }

  list(filter?: EventFilter): readonly Event[] {
    return this.#live.list(filter);
  }

  onEvent(listener: (event: Event) => void): Disposable {
    return this.#live.onEvent(listener);
  }

  /** Writes what is left and closes the file. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listening[Symbol.dispose]();
    clearTimeout(this.#timer);
    await this.#live[Symbol.asyncDispose]();
    if (this.#isLost) return;
    const exited = once(this.#worker, "exit");
    this.#post({ write: [...this.#unwritten.values()] });
    this.#post({ close: true });
    await exited;
  }

  #keep(event: Event): void {
    const { name } = event.metadata;
    const { unwrittenMax, eventsMax } = this.#options;
    const max = event.type === "Normal" ? unwrittenMax : eventsMax;
    if (this.#unwritten.size >= max && !this.#unwritten.has(name)) return;
    this.#unwritten.set(name, event);
    this.#timer ??= setTimeout(() => this.#flush(), this.#options.flushMs);
  }

  #flush(): void {
    this.#timer = undefined;
    if (this.#writing || this.#isLost || this.#unwritten.size === 0) return;
    this.#writing = true;
    this.#post({ write: [...this.#unwritten.values()] });
    this.#unwritten.clear();
  }

  #onReply(reply: EventReply): void {
    this.#writing = false;
    if ("failed" in reply)
      this.#options.logger.warn({ because: reply.failed }, "events could not be written");
    if (this.#unwritten.size > 0)
      this.#timer ??= setTimeout(() => this.#flush(), this.#options.flushMs);
  }

  #lose(because: string): void {
    this.#isLost = true;
    this.#options.logger.error({ because }, "events are kept in memory only");
  }

  #post(request: EventRequest): void {
    this.#worker.postMessage(request);
  }
}
