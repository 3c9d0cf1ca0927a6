import { createHash } from "node:crypto";
import { FleetError, isFleetError } from "../../core/std/errors.ts";
import { changeDocument } from "../../store/documents/change-document.ts";
import type { Collection, Kept } from "../../store/documents/document-store.ts";
import { badRequest } from "../service/envelope.ts";
import { networkOf } from "../service/network-of.ts";
import type { RateLimit } from "../service/rate-limit.ts";
import type { Player } from "../service/route.ts";
import type { Account } from "./collections.ts";
import { NO_FAILURES } from "./decide-lockout.ts";
import type { Passwords } from "./passwords.ts";
import type { Proof } from "./proof.ts";
import type { Sessions, Tokens } from "./sessions.ts";

export interface LoginOptions {
  readonly accounts: Collection<Account>;
  readonly sessions: Sessions;
  readonly passwords: Passwords;
  readonly proof: Proof;
  /** Attempts by address; of IPv6 addresses those of a /64 count together. */
  readonly addressRate: RateLimit;
  readonly now: () => number;
}

export interface Credentials {
  readonly user_id: string;
  readonly user_pw: string;
}
export interface SignUp extends Credentials {
  readonly nickname: string;
  readonly email: string;
}

/** How a request came. */
export interface Origin {
  readonly address: string;
  readonly signal: AbortSignal;
  readonly idempotencyKey: string | undefined;
}

export interface LoggedIn {
  readonly account: Account;
  readonly tokens: Tokens;
  readonly isNew: boolean;
}

const GUEST = "guest-";
const GUEST_DIGITS = 20;
const TRIES_MAX = 16;

/** Who is who: accounts, how they are made, and how somebody gets into one. */
export class Login {
  readonly #options: LoginOptions;

  constructor(options: LoginOptions) {
    this.#options = options;
  }

  /** A new account and its first session. The same Idempotency-Key and body get the same account again. */
  async signUp(body: SignUp, origin: Origin): Promise<LoggedIn> {
    const { accounts, passwords, sessions, addressRate, now } = this.#options;
    addressRate.take(networkOf(origin.address));
    const id = body.user_id.toLowerCase();
    if (id.startsWith(GUEST))
      throw badRequest([{ path: "user_id", message: `must not begin with ${GUEST}` }]);
    const before = await accounts.get(id);
    if (before) return await this.#signedUp(before, body, origin);
    const { user_id, nickname, email } = body;
    const { idempotencyKey } = origin;
    const account: Account = {
      user_id,
      nickname,
      email,
      email_key: email.toLowerCase(),
      password: await passwords.hash(body.user_pw, origin.signal),
      ...(idempotencyKey === undefined ? {} : { signup_key: digestOf(idempotencyKey) }),
      failures: NO_FAILURES,
      epoch: 0,
      created_at: now(),
    };
    const kept = await accounts.insert(id, account).catch(async (error) => {
      const meanwhile = isFleetError(error, "ALREADY_EXISTS") && (await accounts.get(id));
      if (!meanwhile) throw takenBy(error);
      return meanwhile;
    });
    if (kept.body !== account) return await this.#signedUp(kept, body, origin);
    return { account, tokens: await sessions.start(kept, origin.address), isNew: true };
  }

  /** A session for who knows the password. */
  async logIn(body: Credentials, { address, signal }: Origin): Promise<LoggedIn> {
    const { sessions, addressRate } = this.#options;
    addressRate.take(networkOf(address));
    const account = await this.#options.proof.prove(
      body.user_id.toLowerCase(),
      body.user_pw,
      signal,
    );
    return {
      account: account.body,
      tokens: await sessions.start(account, address),
      isNew: false,
    };
  }

  /** A session for a device that keeps a secret of its own; its account is made when it comes for the first time. */
  async logInDevice(
    deviceId: string,
    nickname: string | undefined,
    origin: Origin,
  ): Promise<LoggedIn> {
    const { accounts, sessions, addressRate, now } = this.#options;
    addressRate.take(networkOf(origin.address));
    const id = GUEST + digestOf(`device ${deviceId}`).slice(0, GUEST_DIGITS);
    const { address } = origin;
    const found = await accounts.get(id);
    if (found)
      return {
        account: found.body,
        tokens: await sessions.start(found, address),
        isNew: false,
      };
    const account: Account = {
      user_id: id,
      nickname: nickname ?? id,
      failures: NO_FAILURES,
      epoch: 0,
      created_at: now(),
    };
    const making = accounts.insertOnce(id, account);
    return await sessions.startFirst({ id, account, address }, making);
  }

  async accountOf({ userId }: Player): Promise<Account> {
    const found = await this.#options.accounts.get(userId);
    if (!found) throw new FleetError("NOT_FOUND", "user not found");
    return found.body;
  }

  /** A new password; every other session ends. The old one must be known, if there is one. */
  async changePassword(
    { userId, sessionId }: Player,
    passwords: { readonly old: string | undefined; readonly next: string },
    signal: AbortSignal,
  ): Promise<{ readonly account: Account; readonly ended: number }> {
    const { sessions } = this.#options;
    const { password: known } = await this.accountOf({ userId, sessionId });
    if (known !== undefined) await this.#options.proof.prove(userId, passwords.old ?? "", signal);
    const password = await this.#options.passwords.hash(passwords.next, signal);
    const { body } = await this.#change(userId, (account) => {
      // Somebody else has set one since the old one was proved.
      if (account.password !== known) throw new FleetError("CONFLICT", "changed meanwhile");
      return { ...account, password, failures: NO_FAILURES, epoch: account.epoch + 1 };
    });
    await sessions.carryOver(sessionId, body.epoch);
    return { account: body, ended: await sessions.clear(userId, body.epoch) };
  }

  /** Ends every session of a player in one write, then clears them away; how many there were. */
  async logOutEverywhere({ userId }: Player): Promise<number> {
    const next = (account: Account): Account => ({ ...account, epoch: account.epoch + 1 });
    const { body } = await this.#change(userId, next);
    return await this.#options.sessions.clear(userId, body.epoch);
  }

  /** An account that is there already: the repeated request of its owner, or somebody else's. */
  async #signedUp(kept: Kept<Account>, body: SignUp, origin: Origin): Promise<LoggedIn> {
    const { idempotencyKey, signal, address } = origin;
    const { body: account } = kept;
    if (idempotencyKey === undefined || account.signup_key !== digestOf(idempotencyKey))
      throw new FleetError("ALREADY_EXISTS", "user already exists");
    const isSame =
      account.user_id === body.user_id &&
      account.nickname === body.nickname &&
      account.email === body.email &&
      (await this.#isRight(kept.id, body.user_pw, signal));
    if (!isSame) throw new FleetError("KEY_REUSED", "idempotency key reused");
    const tokens = await this.#options.sessions.start(kept, address);
    return { account, tokens, isNew: true };
  }

  async #isRight(id: string, password: string, signal: AbortSignal): Promise<boolean> {
    return await this.#options.proof.prove(id, password, signal).then(
      () => true,
      (error) => {
        if (isFleetError(error, "UNAUTHENTICATED")) return false;
        throw error;
      },
    );
  }

  #change(id: string, decide: (account: Account) => Account): Promise<Kept<Account>> {
    const { accounts: collection } = this.#options;
    return changeDocument({ collection, id, decide, triesMax: TRIES_MAX });
  }
}

/** What a sign-up is told whose account could not be made. */
function takenBy(error: unknown): unknown {
  if (!isFleetError(error, "ALREADY_EXISTS")) return error;
  const { key } = error.details;
  if (key === "signupKey") return new FleetError("KEY_REUSED", "idempotency key reused");
  const message = key === "email" ? "email already used" : "user already exists";
  return new FleetError("ALREADY_EXISTS", message);
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
