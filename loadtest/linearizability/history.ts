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

  get operations(): readonly Operation<Input, Output>[] {
    return this.#operations;
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
    return output;
  }
}

/** Monotonic nanoseconds: exact for the first hundred days of a machine. */
function now(): number {
  return Number(process.hrtime.bigint());
}
