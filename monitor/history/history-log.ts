import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { HistoryFilter, HistoryPage, HistoryRow } from "../../core/model/history.ts";
import type { Resource } from "../../core/model/resource.ts";
import type { Clock } from "../../core/std/clock.ts";
import { FleetError, messageOf } from "../../core/std/errors.ts";
import type { Logger } from "../../core/std/logger.ts";
import type { Cause, ResourceStore } from "../../store/resource-store.ts";
import { type Change, rowOf } from "./change-row.ts";
import { type HistoryBounds, tupleOf } from "./history-file.ts";
import type { HistoryReply, HistoryRequest, HistoryWorkerData } from "./history-worker.ts";
import { isFollowed, isWorthALine } from "./state-of.ts";

export interface HistoryLogOptions extends HistoryBounds {
  readonly store: Pick<ResourceStore, "onHead">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Must exist; nothing outside of it is looked up once the log is open. */
  readonly folder: string;
  /** Between two writes to the file. */
  readonly flushMs: number;
  /** Changes that may wait for a write; those beyond it are only counted. */
  readonly waitingMax: number;
  /** Hand-outs and returns of game servers of one write: an allocation storm must not drive out the rest. */
  readonly handOutsMax: number;
  /** Lines that are made in one turn of the loop. */
  readonly turnMax: number;
  /** Questions that may wait for the file. */
  readonly questionsMax: number;
}

/** Bounds that suit a control plane: what is over a thousand allocations a second is counted, not listed. */
export const HISTORY_LIMITS: Pick<
  HistoryLogOptions,
  "flushMs" | "waitingMax" | "handOutsMax" | "turnMax" | "questionsMax"
> = {
  flushMs: 250,
  waitingMax: 20_000,
  handOutsMax: 250,
  turnMax: 500,
  questionsMax: 100,
};

interface Question {
  readonly resolve: (rows: readonly HistoryRow[]) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Each change of state that the head tells, in order, written to a file by a worker. What changes the head only puts
 * two references into a queue; lines are made later, a few per turn. A crash may cost the last second, and what did not
 * fit is told as a line that says how much.
 */
export class HistoryLog implements AsyncDisposable {
  readonly #options: HistoryLogOptions;
  readonly #worker: Worker;
  readonly #following: Disposable;
  readonly #listeners = new Set<(rows: readonly HistoryRow[]) => void>();
  readonly #questions = new Map<number, Question>();
  #waiting: Change[] = [];
  #handOuts = 0;
  #unwritten = 0;
  #unanswered = 0;
  #lastId: number;
  #lastQuestion = 0;
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;
  #lostBecause: string | undefined;
  /** Said once per failure that lasts: a full disk stays full for a while. */
  #isFailing = false;

  private constructor(options: HistoryLogOptions, worker: Worker, lastId: number) {
    this.#options = options;
    this.#worker = worker;
    this.#lastId = lastId;
    this.#following = options.store.onHead((...change) => this.#follow(...change));
    worker.on("message", (reply: HistoryReply) => this.#onReply(reply));
    worker.on("error", (error) => this.#lose(String(error)));
  }

  static async open(options: HistoryLogOptions): Promise<HistoryLog> {
    const { folder, rowsMax, daysMax } = options;
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    const workerData = { folder, rowsMax, daysMax } satisfies HistoryWorkerData;
    const url = new URL(`./history-worker.${extension}`, import.meta.url);
    const worker = new Worker(url, { workerData });
    const [first] = (await once(worker, "message")) as [{ readonly lastId: number }];
    return new HistoryLog(options, worker, first.lastId);
  }

  /** Called with the lines of each write, oldest first, before they are in the file. */
  onRows(listener: (rows: readonly HistoryRow[]) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Newest first, with all that has happened up to now. Throws EXHAUSTED when too many ask, UNAVAILABLE without a file. */
  async read(filter: HistoryFilter, page: HistoryPage): Promise<readonly HistoryRow[]> {
    await this.#flushing;
    await this.flush();
    if (this.#lostBecause)
      throw new FleetError("UNAVAILABLE", `the history cannot be read: ${this.#lostBecause}`);
    if (this.#questions.size >= this.#options.questionsMax)
      throw new FleetError("EXHAUSTED", "too many are reading the history; try again");
    const { promise, resolve, reject } = Promise.withResolvers<readonly HistoryRow[]>();
    const ask = ++this.#lastQuestion;
    this.#questions.set(ask, { resolve, reject });
    this.#post({ ask, filter, page });
    return await promise;
  }

  /** Hands over to the file what waits. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flushing ??= this.#flushAll().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  /** Writes what is left and closes the file. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#following[Symbol.dispose]();
    await this.#flushing;
    await this.flush();
    clearTimeout(this.#timer);
    this.#listeners.clear();
    if (this.#lostBecause) return;
    const exited = once(this.#worker, "exit");
    this.#post({ close: true });
    await exited;
    this.#lose("it is closed");
  }

  #follow(before: Resource | undefined, after: Resource | undefined, cause?: Cause): void {
    const was = isFollowed(before) ? before : undefined;
    const is = isFollowed(after) ? after : undefined;
    if (!(was || is) || !isWorthALine(was, is)) return;
    const isHandOut = was && is && isHandOutOrReturn(was, is);
    const { waitingMax, handOutsMax, flushMs, clock } = this.#options;
    const isOver = isHandOut ? this.#handOuts >= handOutsMax : this.#waiting.length >= waitingMax;
    this.#flushIn(flushMs);
    if (isOver) this.#unwritten += 1;
    else {
      if (isHandOut) this.#handOuts += 1;
      this.#waiting.push({ before: was, after: is, cause, atMs: clock.now() });
    }
  }

  /** A file that is slow is waited for: what happens meanwhile waits, and over the bound it is counted. */
  #flushIn(ms: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.#unanswered === 0) void this.flush();
    }, ms);
  }

  async #flushAll(): Promise<void> {
    const changes = this.#waiting;
    this.#waiting = [];
    this.#handOuts = 0;
    const unwritten = this.#unwritten;
    this.#unwritten = 0;
    const { turnMax } = this.#options;
    for (let from = 0; from < changes.length; from += turnMax) {
      if (from > 0) await new Promise((resolve) => setImmediate(resolve));
      const rows = this.#rowsOf(changes.slice(from, from + turnMax));
      this.#write(rows, rows.length);
    }
    if (unwritten > 0) this.#write([this.#gapRow(unwritten)], unwritten);
  }

  #rowsOf(changes: readonly Change[]): HistoryRow[] {
    return changes.flatMap((change) => rowOf(change, ++this.#lastId) ?? []);
  }

  #gapRow(count: number): HistoryRow {
    const message = `history was not written for ${count} ${count === 1 ? "change" : "changes"}: more happened at once than is kept`;
    return {
      ...{ id: ++this.#lastId, atMs: this.#options.clock.now(), kind: "History", namespace: "" },
      ...{ name: "gap", uid: "", from: "", to: "", reason: "Unwritten", message, by: "history" },
    };
  }

  /** `count` is how many changes the rows tell of. */
  #write(rows: readonly HistoryRow[], count: number): void {
    if (rows.length === 0) return;
    for (const listener of this.#listeners) {
      try {
        listener(rows);
      } catch (error) {
        this.#options.logger.error(
          { because: messageOf(error) },
          "a listener of the history failed",
        );
      }
    }
    if (this.#lostBecause) return;
    this.#unanswered += 1;
    const write = JSON.stringify(rows.map(tupleOf));
    this.#post({ write, count, nowMs: this.#options.clock.now() });
  }

  #onReply(reply: HistoryReply): void {
    if ("answer" in reply) this.#answer(reply);
    else if ("written" in reply) this.#wrote(reply.written, reply.failed);
  }

  #answer({ answer, rows, failed }: Extract<HistoryReply, { answer: number }>): void {
    const question = this.#questions.get(answer);
    this.#questions.delete(answer);
    if (rows) question?.resolve(rows);
    else question?.reject(new FleetError("UNAVAILABLE", `the history cannot be read: ${failed}`));
  }

  #wrote(count: number, failed: string | undefined): void {
    this.#unanswered -= 1;
    if (failed !== undefined) {
      this.#unwritten += count;
      if (!this.#isFailing)
        this.#options.logger.warn({ because: failed }, "the history could not be written");
    }
    this.#isFailing = failed !== undefined;
    if (this.#waiting.length > 0 || this.#unwritten > 0) this.#flushIn(this.#options.flushMs);
  }

  #lose(because: string): void {
    this.#lostBecause = because;
    for (const { reject } of this.#questions.values())
      reject(new FleetError("UNAVAILABLE", `the history cannot be read: ${because}`));
    this.#questions.clear();
  }

  #post(request: HistoryRequest): void {
    this.#worker.postMessage(request);
  }
}

function isHandOutOrReturn(before: Resource, after: Resource): boolean {
  if (before.kind !== "GameServer" || after.kind !== "GameServer") return false;
  const [was, is] = [before.status.state, after.status.state];
  return (was === "Ready" && is === "Allocated") || (was === "Allocated" && is === "Ready");
}
