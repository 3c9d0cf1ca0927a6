/** What one generator saw within one second of the run. */
export interface SecondSeen {
  readonly second: number;
  readonly steps: Readonly<Record<string, StepSeen>>;
  /** Players who are there at its end. */
  readonly inPlay: number;
}
export interface StepSeen {
  /** Milliseconds of each that went well. */
  readonly tookMs: readonly number[];
  readonly errors: Readonly<Record<string, number>>;
}

/** A step of a player's way that did not go well; `because` is counted, so it is one of few. */
export class StepFailed extends Error {
  readonly because: string;
  constructor(because: string, message: string = because, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "StepFailed";
    this.because = because;
  }
}

/** Others are counted as `other`: what servers say must not grow without end here. */
const CAUSES_MAX = 40;
const CAUSE_LENGTH_MAX = 120;

/** Counts what happens to the players of one generator, and gives it away second by second. */
export class Tally {
  readonly #now: () => number;
  readonly #causes = new Set<string>();
  /** What failed within a step fails the step around it, too, and is counted once. */
  readonly #counted = new WeakSet<object>();
  #steps = new Map<string, { tookMs: number[]; errors: Record<string, number> }>();
  /** Players who are there. */
  inPlay = 0;

  /** `now`: milliseconds that only go forward. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Does a step and counts it; `since` is when it was due, which is now unless it was to happen earlier: waiting for its
   * turn counts. Rejects as `work` does; a failure that a step within has counted is not counted again.
   */
  async step<T>(
    name: string,
    work: () => Promise<T>,
    since: number = this.#now(),
  ): Promise<Awaited<T>> {
    try {
      const done = await work();
      this.took(name, this.#now() - since);
      return done;
    } catch (error) {
      const isObject = typeof error === "object" && error !== null;
      if (!isObject || !this.#counted.has(error)) this.failed(name, causeOf(error));
      if (isObject) this.#counted.add(error);
      throw error;
    }
  }

  took(name: string, ms: number): void {
    this.#of(name).tookMs.push(ms);
  }

  failed(name: string, because: string): void {
    const { errors } = this.#of(name);
    const cause = this.#known(because);
    errors[cause] = (errors[cause] ?? 0) + 1;
  }

  /** Everything since the last time. */
  take(second: number): SecondSeen {
    const steps = Object.fromEntries(this.#steps);
    this.#steps = new Map();
    return { second, steps, inPlay: this.inPlay };
  }

  #of(name: string): { tookMs: number[]; errors: Record<string, number> } {
    const found = this.#steps.get(name) ?? { tookMs: [], errors: {} };
    this.#steps.set(name, found);
    return found;
  }

  #known(because: string): string {
    const cause = because.slice(0, CAUSE_LENGTH_MAX);
    if (this.#causes.has(cause)) return cause;
    if (this.#causes.size >= CAUSES_MAX) return "other";
    this.#causes.add(cause);
    return cause;
  }
}

/** In few words what went wrong: a word of ours, or a code of the system's. */
export function causeOf(error: unknown): string {
  if (error instanceof StepFailed) return error.because;
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError" || error.name === "AbortError") return "timeout";
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown };
  if (typeof code === "string" && code !== "") return code;
  return cause instanceof Error ? causeOf(cause) : `${error.name}: ${error.message}`;
}
