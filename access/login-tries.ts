import { FleetError } from "../core/std/errors.ts";
import {
  ADDRESS_LIMITS,
  addressKey,
  afterFailure,
  type Tries,
  USER_LIMITS,
  waitOf,
} from "./decide-login.ts";

const KEPT_MAX = 10_000;

/**
 * Bounds guessing, by user and by address. A try counts as wrong from its start until it turns out right, so that many
 * at once gain nothing.
 */
export class LoginTries {
  readonly #monotonic: () => number;
  readonly #byUser = new Map<string, Tries>();
  readonly #byAddress = new Map<string, Tries>();

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
  }

  /**
   * Throws EXHAUSTED, with when to come again; else counts a wrong try. What it returns takes that back: a right password
   * forgives its user all wrong ones, its address none of the others'.
   */
  begin(user: string | undefined, address: string): () => void {
    const now = this.#monotonic();
    const from = addressKey(address);
    const [ofUser, ofAddress] = [this.#byUser.get(user ?? ""), this.#byAddress.get(from)];
    const waits = [waitOf(ofUser, USER_LIMITS, now), waitOf(ofAddress, ADDRESS_LIMITS, now)];
    const wait = Math.max(...waits);
    if (wait > 0) throw tooMany(Math.ceil(wait / 1_000));
    if (user !== undefined) keep(this.#byUser, user, afterFailure(ofUser, USER_LIMITS, now));
    keep(this.#byAddress, from, afterFailure(ofAddress, ADDRESS_LIMITS, now));
    return () => {
      if (user !== undefined) this.#byUser.delete(user);
      const { failed = 0, atMs = now } = this.#byAddress.get(from) ?? {};
      if (failed > 1) this.#byAddress.set(from, { failed: failed - 1, atMs });
      else this.#byAddress.delete(from);
    };
  }
}

/** The one whose last try is longest ago goes first. */
function keep(map: Map<string, Tries>, key: string, tries: Tries): void {
  map.delete(key);
  map.set(key, tries);
  const [oldest] = map.keys();
  if (map.size > KEPT_MAX && oldest !== undefined) map.delete(oldest);
}

function tooMany(retryAfterSeconds: number): FleetError {
  const message = `too many wrong logins: try again in ${retryAfterSeconds} s`;
  return new FleetError("EXHAUSTED", message, { retryAfterSeconds });
}
