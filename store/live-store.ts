import type { Kind, Kinds, Resource } from "../core/model/resource.ts";
import { assert } from "../core/std/assert.ts";
import type { Clock } from "../core/std/clock.ts";
import { FleetError, isFleetError, messageOf } from "../core/std/errors.ts";
import type { Logger } from "../core/std/logger.ts";
import { Answers } from "./answers.ts";
import type { CommitLog } from "./commit-log.ts";
import { Head } from "./head.ts";
import { History } from "./history.ts";
import { planCommit, type Step } from "./plan-commit.ts";
import { replay } from "./replay.ts";
import type {
  Cause,
  HeadListener,
  Index,
  Remembered,
  ResourceStore,
  StoreEvent,
  Watch,
  Write,
} from "./resource-store.ts";
import { SharedParts } from "./shared-parts.ts";

export interface LiveStoreOptions {
  /** Commits that may share one append. */
  readonly groupMax: number;
  /** Characters of JSON that may share one append; a single commit over this is TOO_LARGE. */
  readonly groupCharsMax: number;
  /** Commits that may wait for durability; more are refused with EXHAUSTED. */
  readonly waitingMax: number;
  /** Durable events that are kept for watches that resume. */
  readonly historyMax: number;
  /** Parts of resources that are remembered so that equal ones are kept once. */
  readonly sharedPartsMax: number;
  readonly answersMax: number;
  readonly answerAgeMsMax: number;
  /** Told how long the log took for a group of commits. */
  readonly onAppended?: (ms: number) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Bounds that suit a control plane of some ten thousand game servers. */
export const STORE_BOUNDS: Omit<LiveStoreOptions, "clock" | "logger"> = {
  groupMax: 2_000,
  groupCharsMax: 1_000_000,
  waitingMax: 50_000,
  historyMax: 50_000,
  sharedPartsMax: 2_000,
  answersMax: 1_000_000,
  answerAgeMsMax: 3_600_000,
};

/** What one caller waits for: the head has it already, the log does not yet. */
interface Pending {
  readonly steps: readonly Step[];
  readonly text: string;
  /** Revision of the head after it. */
  readonly revision: number;
  readonly remember: Remembered | undefined;
  readonly answerBefore: Remembered | undefined;
  readonly resolve: (kept: readonly Resource[]) => void;
  readonly reject: (error: Error) => void;
  readers: Reader[] | undefined;
}

interface Reader {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** What a full disk took back. */
const TAKEN_BACK: Cause = {
  by: "store",
  reason: "TakenBack",
  message: "the disk is full: what was begun was taken back",
};
const SETTLED: Promise<void> = Promise.resolve();

/** Resources in memory, written through to a `CommitLog`: all commits that wait when one append ends share the next. */
export class LiveStore implements ResourceStore {
  readonly fatal: Promise<Error>;
  readonly #log: CommitLog;
  readonly #options: LiveStoreOptions;
  readonly #head = new Head();
  readonly #answers: Answers;
  readonly #parts: SharedParts;
  readonly #history: History;
  readonly #headListeners = new Set<HeadListener>();
  readonly #tellFatal: (error: Error) => void;
  #waiting: Pending[] = [];
  #inFlight: Pending[] = [];
  #revision: number;
  #pump: Promise<void> | undefined;
  #changing = false;
  /** Why nothing is taken any more. */
  #ended: FleetError | undefined;

  /** Reads everything that `log` holds. The store owns the log from then on. */
  constructor(log: CommitLog, options: LiveStoreOptions) {
    const { promise, resolve } = Promise.withResolvers<Error>();
    this.fatal = promise;
    this.#tellFatal = resolve;
    this.#log = log;
    this.#options = options;
    this.#answers = new Answers(options);
    this.#parts = new SharedParts({ partsMax: options.sharedPartsMax });
    replay(log.load(), this.#head, this.#answers, this.#parts);
    this.#revision = log.revision;
    this.#history = new History(options.historyMax, log.revision, options.logger);
    log.onFailure((error) => this.#failForGood(error));
  }

  get revision(): number {
    return this.#revision;
  }

  get<K extends Kind>(kind: K, namespace: string, name: string): Kinds[K] | undefined {
    return this.#head.get(kind, namespace, name) as Kinds[K] | undefined;
  }

  list<K extends Kind>(kind: K, namespace?: string): Kinds[K][] {
    return this.#head.list(kind, namespace) as Kinds[K][];
  }

  count(kind: Kind): number {
    return this.#head.count(kind);
  }

  index<K extends Kind>(kind: K, keyOf: (resource: Kinds[K]) => string | undefined): Index<K> {
    return this.#head.index(kind, keyOf);
  }

  recall(key: string): Remembered | undefined {
    return this.#answers.get(key, this.#options.clock.now());
  }

  commit(
    writes: readonly Write[],
    remember?: Remembered,
    cause?: Cause,
  ): Promise<readonly Resource[]> {
    try {
      const { promise, resolve, reject } = Promise.withResolvers<readonly Resource[]>();
      this.#accept(writes, remember, cause, resolve, reject);
      return promise;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  settled(revision?: number): Promise<void> {
    if (this.#ended?.cause) return Promise.reject(this.#ended);
    const pending = this.#pendingOf(revision);
    if (!pending) return this.#confirmed();
    return new Promise((resolve, reject) => {
      pending.readers ??= [];
      pending.readers.push({ resolve, reject });
    });
  }

  watch(from: number, listener: (event: StoreEvent) => void): Watch {
    return this.#history.watch(from, this.#revision, listener);
  }

  onHead(listener: HeadListener): Disposable {
    this.#headListeners.add(listener);
    return { [Symbol.dispose]: () => void this.#headListeners.delete(listener) };
  }

  /** Refuses new commits, waits for those under way, then closes the log. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended ??= new FleetError("UNAVAILABLE", "the store is closed");
    await this.#pump;
    this.#history.close();
    await this.#log[Symbol.asyncDispose]();
  }

  /** Whoever waits for an append is told by it when this store is deposed; a reader of what is durable asks here. */
  #confirmed(): Promise<void> {
    try {
      this.#log.confirm();
      return SETTLED;
    } catch (error) {
      this.#failForGood(error as Error);
      return Promise.reject(this.#ended);
    }
  }

  #accept(
    writes: readonly Write[],
    remember: Remembered | undefined,
    cause: Cause | undefined,
    resolve: Pending["resolve"],
    reject: Pending["reject"],
  ): void {
    assert(!this.#changing, "a listener of the head must not commit");
    if (this.#ended) throw this.#ended;
    if (this.#waiting.length >= this.#options.waitingMax)
      throw new FleetError("EXHAUSTED", "too many commits are waiting for the disk");
    const { steps, text } = planCommit(this.#head, writes, remember, this.#revision, this.#parts);
    if (text.length > this.#options.groupCharsMax)
      throw new FleetError("TOO_LARGE", `a commit of ${text.length} characters is too large`);
    this.#revision += steps.length;
    const revision = this.#revision;
    const answerBefore = remember && this.#answers.put(remember);
    this.#waiting.push({
      steps,
      text,
      revision,
      remember,
      answerBefore,
      resolve,
      reject,
      readers: undefined,
    });
    for (const { before, after } of steps) this.#change(before, after, cause);
    // After the poll phase, so that everything that came in with one turn of the loop shares the first append.
    if (!this.#pump) this.#pump = new Promise((done) => setImmediate(() => done(this.#run())));
  }

  #change(before: Resource | undefined, after: Resource | undefined, cause?: Cause): void {
    this.#changing = true;
    this.#head.change(before, after);
    for (const listener of this.#headListeners) {
      try {
        listener(before, after, cause);
      } catch (error) {
        this.#options.logger.error({ because: messageOf(error) }, "a listener of the head failed");
      }
    }
    this.#changing = false;
  }

  /** The first commit under way that `revision` (or, without one, everything so far) has to wait for. */
  #pendingOf(revision: number | undefined): Pending | undefined {
    if (revision === undefined) return this.#waiting.at(-1) ?? this.#inFlight.at(-1);
    const wanted = Math.min(revision, this.#revision);
    const durable = this.#inFlight[0] ?? this.#waiting[0];
    if (!durable || wanted <= durable.revision - durable.steps.length) return undefined;
    const reaches = (pending: Pending): boolean => pending.revision >= wanted;
    return this.#inFlight.find(reaches) ?? this.#waiting.find(reaches);
  }

  /** The only place that appends; runs while there is anything to append. */
  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      this.#inFlight = this.#takeGroup();
      try {
        const began = this.#options.clock.monotonic();
        await this.#log.append(groupOf(this.#inFlight));
        this.#options.onAppended?.(this.#options.clock.monotonic() - began);
      } catch (error) {
        if (isFleetError(error, "STORAGE_FULL")) this.#rollBack(error);
        else this.#failForGood(error instanceof Error ? error : new Error(messageOf(error)));
        continue;
      }
      this.#settleGroup();
    }
    this.#pump = undefined;
  }

  #takeGroup(): Pending[] {
    const { groupMax, groupCharsMax } = this.#options;
    let chars = 0;
    let size = 0;
    for (const { text } of this.#waiting) {
      chars += text.length + 1;
      if (size > 0 && (size >= groupMax || chars > groupCharsMax)) break;
      size += 1;
    }
    if (size === this.#waiting.length) {
      const all = this.#waiting;
      this.#waiting = [];
      return all;
    }
    return this.#waiting.splice(0, size);
  }

  #settleGroup(): void {
    const group = this.#inFlight;
    this.#inFlight = [];
    for (const { steps, resolve, readers } of group) {
      for (const { event } of steps) this.#history.push(event);
      resolve(steps.map(({ event }) => event.object));
      if (readers) for (const reader of readers) reader.resolve();
    }
    this.#history.dispatch();
  }

  /** The head goes back to what is durable, newest change first, and everyone who waits is told. */
  #rollBack(error: Error): void {
    const lost = this.#takeAll();
    for (const { steps, remember, answerBefore } of lost.toReversed()) {
      for (const { before, after } of steps.toReversed()) this.#change(after, before, TAKEN_BACK);
      if (remember) this.#answers.undo(remember.key, answerBefore);
    }
    rejectAll(lost, error);
  }

  #failForGood(cause: Error): void {
    if (this.#ended?.cause) return;
    const message = `the store cannot go on: ${messageOf(cause)}`;
    this.#ended = new FleetError("UNAVAILABLE", message, {}, cause);
    rejectAll(this.#takeAll(), this.#ended);
    this.#tellFatal(cause);
  }

  #takeAll(): Pending[] {
    const all = [...this.#inFlight, ...this.#waiting];
    this.#inFlight = [];
    this.#waiting = [];
    return all;
  }
}

function groupOf(commits: readonly Pending[]): { text: string; revision: number; commits: number } {
  let text = "";
  for (const commit of commits) text += text === "" ? commit.text : `\n${commit.text}`;
  return { text, revision: commits.at(-1)?.revision ?? 0, commits: commits.length };
}

function rejectAll(commits: readonly Pending[], error: Error): void {
  for (const { reject, readers } of commits) {
    reject(error);
    if (readers) for (const reader of readers) reader.reject(error);
  }
}
