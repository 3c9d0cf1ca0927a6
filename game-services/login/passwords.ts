import { BoundedLine } from "../../core/std/bounded-line.ts";
import { FleetError } from "../../core/std/errors.ts";

export interface PasswordOptions {
  /** Of one hash. */
  readonly memoryKiB: number;
  readonly passes: number;
  /** Hashes at once: each keeps a core busy. */
  readonly runningMax: number;
  readonly waitingMax: number;
}

/** What OWASP asks for at least: about 40 ms of a core. */
export const PASSWORD_COST: Pick<PasswordOptions, "memoryKiB" | "passes"> = {
  memoryKiB: 19_456,
  passes: 2,
};

const RETRY_AFTER_SECONDS = 2;
/** `Algorithm.Argon2id`, which is a const enum and so not there at run time. */
const ARGON2ID = 2;

/** Argon2id off the event loop, a few at once. */
export class Passwords {
  readonly #options: PasswordOptions;
  readonly #line: BoundedLine;

  constructor(options: PasswordOptions) {
    this.#options = options;
    this.#line = new BoundedLine({
      ...options,
      full: "too many logins at the moment",
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    });
  }

  /** How many wait for their turn. */
  get waiting(): number {
    return this.#line.waiting;
  }

  /** A text that holds salt and cost beside the hash. */
  async hash(password: string, signal: AbortSignal): Promise<string> {
    const { memoryKiB: memoryCost, passes: timeCost } = this.#options;
    const cost = { algorithm: ARGON2ID, memoryCost, timeCost, parallelism: 1 };
    const { hash } = await import("@node-rs/argon2");
    return await this.#run(() => hash(password, cost), signal);
  }

  async verify(hashed: string, password: string, signal: AbortSignal): Promise<boolean> {
    const { verify } = await import("@node-rs/argon2");
    return await this.#run(() => verify(hashed, password), signal);
  }

  async #run<R>(work: () => Promise<R>, signal: AbortSignal): Promise<R> {
    try {
      return await this.#line.run(work, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      throw new FleetError("CANCELLED", "the client is gone", {}, error);
    }
  }
}
