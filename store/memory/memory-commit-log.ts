import { FleetError } from "../../core/std/errors.ts";
import type { Change, CommitGroup, CommitLog } from "../commit-log.ts";

export interface MemoryCommitLogOptions {
  /** True keeps every group, so that a second store over the same log finds what the first one wrote. */
  readonly keep: boolean;
}

/** What the next appends meet: nothing unusual, no space left, or a medium that fails for good. */
export type Fault = "none" | "full" | "broken";

/** Nothing durable: a log for tests and simulations, which can be told to fail or to wait. */
export class MemoryCommitLog implements CommitLog {
  readonly #keep: boolean;
  readonly #groups: string[] = [];
  #revision = 0;
  #fault: Fault = "none";
  #gate: Promise<void> | undefined;
  #appends = 0;

  constructor({ keep }: MemoryCommitLogOptions) {
    this.#keep = keep;
  }

  get revision(): number {
    return this.#revision;
  }

  /** Groups appended so far. */
  get appends(): number {
    return this.#appends;
  }

  *load(): Iterable<Change> {
    for (const group of this.#groups) for (const line of group.split("\n")) yield JSON.parse(line);
  }

  /** Decides what the next appends meet. */
  fail(fault: Fault): void {
    this.#fault = fault;
  }

  /** Holds every append back until the returned function is called. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gate = promise;
    return () => {
      this.#gate = undefined;
      resolve();
    };
  }

  async append({ text, revision }: CommitGroup): Promise<void> {
    if (this.#gate) await this.#gate;
    if (this.#fault === "full")
      throw new FleetError("STORAGE_FULL", "the memory log was told to have no space left");
    if (this.#fault === "broken") throw new Error("the memory log was told to break");
    this.#appends += 1;
    this.#revision = revision;
    if (this.#keep) this.#groups.push(text);
  }

  /** Nobody else can reach it. */
  confirm(): void {}

  /** Memory never fails by itself. */
  onFailure(): void {}

  async [Symbol.asyncDispose](): Promise<void> {}
}
