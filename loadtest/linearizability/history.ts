/** One call of a client, as the client saw it. Times are of one monotonic clock, in nanoseconds. */
export interface Operation<Input, Output> {
  readonly client: string;
  readonly input: Input;
  /** Undefined when the client never learned it: then it took effect at any time after it was invoked, or never. */
  readonly output: Output | undefined;
  readonly invoked: number;
  /** Infinity when the client never learned an output. */
  readonly returned: number;
}

/** What a thing does, one operation after the other. */
export interface Model<State, Input, Output> {
  readonly initial: State;
  /** The states that may follow when `input` is answered `output`; none when it cannot be. Without an output: any that it might have had. */
  readonly next: (state: State, input: Input, output: Output | undefined) => readonly State[];
  /** Equal for states that behave alike. */
  readonly keyOf: (state: State) => string;
}

/** What is written down while clients call: the times are taken as closely around each call as can be. */
export class HistoryRecorder<Input, Output> {
  readonly #operations: Operation<Input, Output>[] = [];
  #waiters: { readonly count: number; readonly resolve: () => void }[] = [];

  get operations(): readonly Operation<Input, Output>[] {
    return this.#operations;
  }

  /** Resolves at once when so many operations are recorded: right behind an answer is the moment to kill who gave it. */
  reached(count: number): Promise<void> {
    if (this.#operations.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ count, resolve }));
  }

  /** Records one call, however long it takes until it is known; undefined is an outcome that stays unknown. */
  async record(
    client: string,
    input: Input,
    call: () => Promise<Output | undefined>,
  ): Promise<Output | undefined> {
    const invoked = now();
    const output = await call();
    const returned = output === undefined ? Number.POSITIVE_INFINITY : now();
    this.#operations.push({ client, input, output, invoked, returned });
    const length = this.#operations.length;
    for (const { count, resolve } of this.#waiters) if (count <= length) resolve();
    this.#waiters = this.#waiters.filter(({ count }) => count > length);
    return output;
  }
}

/** Monotonic nanoseconds: exact for the first hundred days of a machine. */
function now(): number {
  return Number(process.hrtime.bigint());
}
