import type { LinkResult, SdkCall } from "../../core/model/link.ts";
import { type BackoffOptions, backoffMs } from "../../core/std/backoff.ts";
import type { Clock } from "../../core/std/clock.ts";
import {
  ERRORS,
  type ErrorCode,
  FleetError,
  isFleetError,
  messageOf,
} from "../../core/std/errors.ts";
import type { DoorLink } from "./door-link.ts";

export interface CallLineOptions {
  readonly link: DoorLink;
  readonly clock: Clock;
  /** Calls of one game server that wait at the same time; one more is refused. */
  readonly callsMax: number;
  /** How long a caller waits; the call itself is kept and made when the control plane is back. */
  readonly callWaitMs: number;
  readonly retry: BackoffOptions;
}

/** The calls of one game server: made one after the other in the order they came, tried until there is an answer. */
export class CallLine implements Disposable {
  readonly #options: CallLineOptions;
  readonly #gone = new AbortController();
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(options: CallLineOptions) {
    this.#options = options;
  }

  /** Resolves after the commit; rejects with the refusal, or with UNAVAILABLE when the wait is over. */
  async make(call: SdkCall): Promise<LinkResult & { readonly ok: true }> {
    const { callsMax } = this.#options;
    if (this.#waiting >= callsMax)
      throw new FleetError("EXHAUSTED", `${callsMax} SDK calls of this game server wait already`);
    this.#waiting += 1;
    const made = this.#last.then(() => this.#tryUntilAnswered(call));
    this.#last = made
      .catch(() => undefined)
      .finally(() => {
        this.#waiting -= 1;
      });
    return this.#waitFor(made, call.verb);
  }

  /** The game server is gone: nothing of it is tried any more. */
  [Symbol.dispose](): void {
    this.#gone.abort(new FleetError("CANCELLED", "the game server is gone"));
  }

  async #waitFor<T>(made: Promise<T>, verb: string): Promise<T> {
    const { clock, callWaitMs } = this.#options;
    const answered = new AbortController();
    const late = clock.sleep(callWaitMs, answered.signal).then(() => {
      const text = `the control plane has not answered ${verb} within ${callWaitMs / 1000} s; the call is kept and made when it is back`;
      throw new FleetError("UNAVAILABLE", text);
    });
    try {
      return await Promise.race([made, late]);
    } finally {
      // The loser of the race must not end as an unhandled rejection.
      late.catch(() => undefined);
      made.catch(() => undefined);
      answered.abort(new FleetError("CANCELLED", "answered"));
    }
  }

  async #tryUntilAnswered(call: SdkCall): Promise<LinkResult & { readonly ok: true }> {
    const { link, clock, retry } = this.#options;
    for (let attempt = 0; ; attempt++) {
      this.#gone.signal.throwIfAborted();
      const result = await askOnce(link, call);
      if (result.ok) return result;
      if (!isTransient(result)) throw refusalOf(result);
      await clock.sleep(backoffMs(attempt, retry), this.#gone.signal);
    }
  }
}

/** A control plane that has too much to write, or no space for it, refuses each call of a batch by itself. */
const RETRIED: ReadonlySet<string> = new Set<ErrorCode>([
  ...(["UNAVAILABLE", "TIMEOUT", "EXHAUSTED", "STORAGE_FULL"] as const),
]);

/** True for an answer that says: not now, ask again. */
export function isTransient(result: LinkResult): boolean {
  return !result.ok && RETRIED.has(result.code);
}

/** The control plane does not take the call as it is: to ask again would not help. */
const REFUSED = ["BAD_REQUEST", "TOO_LARGE"] as const;

/** One try; a link that rejects counts as a control plane that is away, unless it is for what the call says. */
export async function askOnce(link: DoorLink, call: SdkCall): Promise<LinkResult> {
  try {
    return await link.sdk(call);
  } catch (error) {
    const code = REFUSED.find((refused) => isFleetError(error, refused)) ?? "UNAVAILABLE";
    return { ok: false, code, message: messageOf(error) };
  }
}

function refusalOf({
  code,
  message,
}: {
  readonly code: string;
  readonly message: string;
}): FleetError {
  return new FleetError(code in ERRORS ? (code as ErrorCode) : "INTERNAL", message);
}
