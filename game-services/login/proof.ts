import { FleetError } from "../../core/std/errors.ts";
import { changeDocument } from "../../store/documents/change-document.ts";
import type { Collection, Kept } from "../../store/documents/document-store.ts";
import type { RateLimit } from "../service/rate-limit.ts";
import type { Account } from "./collections.ts";
import {
  decideFailure,
  type Failures,
  type LockoutBounds,
  lockedMs,
  NO_FAILURES,
} from "./decide-lockout.ts";
import type { Passwords } from "./passwords.ts";

export interface ProofOptions {
  readonly accounts: Collection<Account>;
  readonly passwords: Passwords;
  readonly lockout: LockoutBounds;
  /** Attempts by account. */
  readonly accountRate: RateLimit;
  /** Passwords of one account that are tried at once: more could be guessed before the first failure is kept. */
  readonly guessesMax: number;
  readonly now: () => number;
}

const TRIES_MAX = 16;

/** Whether somebody knows the password of an account, and what a wrong one leads to. */
export class Proof {
  readonly #options: ProofOptions;
  readonly #guesses = new Map<string, number>();

  constructor(options: ProofOptions) {
    this.#options = options;
  }

  /**
   * The account as it was when its password was looked at: a session that begins with it is over if the password has
   * changed since. A wrong password is counted, and too many lock the account for a while.
   */
  async prove(id: string, password: string, signal: AbortSignal): Promise<Kept<Account>> {
    const { accounts, accountRate, passwords, now, lockout } = this.#options;
    accountRate.take(id);
    using _guess = this.#guess(id);
    const found = await accounts.get(id);
    if (!found) throw new FleetError("NOT_FOUND", "user not found");
    const { password: hashed, failures } = found.body;
    this.#assertOpen(failures);
    const isRight = hashed !== undefined && (await passwords.verify(hashed, password, signal));
    if (!isRight) {
      await this.#count(id, (before) => decideFailure(before, now(), lockout));
      throw new FleetError("UNAUTHENTICATED", "password mismatch");
    }
    if (failures.count > 0) await this.#count(id, () => NO_FAILURES);
    return found;
  }

  #assertOpen(failures: Failures): void {
    const waitMs = lockedMs(failures, this.#options.now());
    if (waitMs === 0) return;
    const retryAfterSeconds = Math.ceil(waitMs / 1_000);
    throw new FleetError("EXHAUSTED", "account locked", { retryAfterSeconds });
  }

  async #count(id: string, next: (failures: Failures) => Failures): Promise<void> {
    const { accounts: collection } = this.#options;
    const decide = (account: Account): Account => ({
      ...account,
      failures: next(account.failures),
    });
    await changeDocument({ collection, id, decide, triesMax: TRIES_MAX });
  }

  #guess(id: string): Disposable {
    const count = this.#guesses.get(id) ?? 0;
    if (count >= this.#options.guessesMax)
      throw new FleetError("EXHAUSTED", "too many requests", { retryAfterSeconds: 1 });
    this.#guesses.set(id, count + 1);
    const leave = (): void => {
      const left = (this.#guesses.get(id) ?? 1) - 1;
      if (left === 0) this.#guesses.delete(id);
      else this.#guesses.set(id, left);
    };
    return { [Symbol.dispose]: leave };
  }
}
