import { hash, randomBytes } from "node:crypto";
import type { Clock } from "../core/std/clock.ts";
import { messageOf } from "../core/std/errors.ts";
import type { Logger } from "../core/std/logger.ts";
import {
  ACCOUNT_BOUNDS,
  type AccountState,
  type ApiToken,
  type TokenRole,
  type User,
} from "./account-state.ts";
import { AccountsFile } from "./accounts-file.ts";
import {
  acceptWelcome,
  addUser,
  changeUser,
  closeSession,
  inviteFirst,
  inviteUser,
  knownUser,
  openSession,
  removeUser,
  setPassword,
  sweepAccounts,
  userOf,
  welcomedBy,
  wrongLogin,
} from "./decide-accounts.ts";
import { addToken, knownToken, removeToken } from "./decide-tokens.ts";
import { Identities } from "./identities.ts";
import { LoginTries } from "./login-tries.ts";
import type { Passwords } from "./passwords.ts";
import { digestOf, type Principal, type Role } from "./tokens.ts";

export interface AccountsOptions {
  readonly file: string;
  readonly passwords: Passwords;
  readonly clock: Clock;
  readonly logger: Logger;
}
/** What a browser gets for its password: the cookie's value, kept nowhere, and the rest for its page. */
export interface OpenedSession {
  readonly cookie: string;
  readonly view: SessionView;
}
export interface SessionView {
  readonly user: string;
  readonly role: Role;
  /** Goes into the header `x-flotilla-csrf` of every change. */
  readonly csrf: string;
  readonly expiresAt: string;
}
/** Who tries to log in from where; `signal` is aborted when it has gone. */
export interface Attempt {
  readonly from: string;
  readonly signal: AbortSignal;
}
export interface OneTimeLink {
  readonly welcome: string;
  readonly expiresAt: string;
}
export interface NewToken {
  readonly name: string;
  readonly role: TokenRole;
  readonly namespaces?: readonly string[];
  readonly days: number;
  readonly createdBy: string;
}

const SECRET_BYTES = 32;
const ID_BYTES = 6;
const TOKEN_HEAD = "flt_";
const DAY_MS = 86_400_000;
/** When things were used last is written so often. */
const SEEN_EVERY_MS = 60_000;

/** People, their sessions, and API tokens: every change is on the disk when its promise resolves. */
export class Accounts implements AsyncDisposable {
  readonly #file: AccountsFile;
  readonly #passwords: Passwords;
  readonly #clock: Clock;
  readonly #identities: Identities;
  readonly #tries: LoginTries;
  readonly #listeners = new Set<() => void>();
  readonly #timer: NodeJS.Timeout;

  private constructor(file: AccountsFile, { passwords, clock, logger }: AccountsOptions) {
    this.#file = file;
    this.#passwords = passwords;
    this.#clock = clock;
    this.#tries = new LoginTries(() => clock.monotonic());
    this.#identities = new Identities(() => clock.now());
    this.#identities.take(file.state);
    file.onChange((state) => {
      this.#identities.take(state);
      for (const listener of this.#listeners) listener();
    });
    this.#timer = setInterval(() => {
      this.#keepSeen().catch((error: unknown) =>
        logger.warn({ because: messageOf(error) }, "cannot write when users were seen"),
      );
    }, SEEN_EVERY_MS).unref();
  }

  static async open(options: AccountsOptions): Promise<Accounts> {
    return new Accounts(await AccountsFile.open(options.file), options);
  }

  /** Called after each change of who may do what. */
  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Who an API token speaks for. */
  principalOf(token: string): Principal | undefined {
    return token.startsWith(TOKEN_HEAD) ? this.#identities.find(digestOf(token)) : undefined;
  }

  /** Who a cookie speaks for. */
  principalOfCookie(cookie: string): Principal | undefined {
    return this.#identities.find(digestOf(cookie));
  }

  /** True while a user's or token's principal may still do what it could when it was found. */
  holds(principal: Principal): boolean {
    return this.#identities.holds(principal);
  }

  /** The session of a cookie that speaks for somebody. */
  sessionOf(cookie: string): SessionView | undefined {
    const digest = digestOf(cookie);
    const principal = this.#identities.find(digest);
    const end = this.#identities.endMsOf(digest);
    if (!principal || end === undefined) return undefined;
    const { name: user, scope } = principal;
    const expiresAt = new Date(end).toISOString();
    return { user, role: scope as Role, csrf: csrfOf(cookie), expiresAt };
  }

  /** UNAUTHENTICATED for a wrong one, EXHAUSTED for too many of them. */
  async login(name: string, password: string, { from, signal }: Attempt): Promise<OpenedSession> {
    const forgive = this.#tries.begin(name, from);
    const user = userOf(this.#file.state, name);
    const isRight = await this.#passwords.verify(user?.password, password, signal);
    if (!isRight || !user?.password || user.disabled) throw wrongLogin();
    forgive();
    return await this.#open(user.name, user.password, (state) => state);
  }

  /** Uses a link up: `name` is free to choose for the first admin, and known for everybody else. */
  async welcome(
    token: string,
    name: string | undefined,
    password: string,
    { from, signal }: Attempt,
  ): Promise<OpenedSession> {
    const forgive = this.#tries.begin(undefined, from);
    const digest = digestOf(token);
    const { user = name ?? "" } = welcomedBy(this.#file.state, digest, this.#clock.now());
    forgive();
    const hashed = await this.#passwords.hash(password, signal);
    const chosen = name ?? user;
    const accept = (state: AccountState, now: number): AccountState =>
      acceptWelcome(state, { digest, name: chosen, password: hashed }, now);
    return await this.#open(chosen, hashed, accept);
  }

  /** Ends the user's other sessions. */
  async changePassword(
    cookie: string,
    user: string,
    { old, new: next }: { readonly old: string; readonly new: string },
    { from, signal }: Attempt,
  ): Promise<void> {
    const forgive = this.#tries.begin(user, from);
    const before = userOf(this.#file.state, user)?.password;
    if (!(await this.#passwords.verify(before, old, signal))) throw wrongLogin();
    forgive();
    const hashed = await this.#passwords.hash(next, signal);
    await this.#change((state) => setPassword(state, user, hashed, digestOf(cookie)));
  }

  async logout(cookie: string): Promise<void> {
    await this.#change((state) => closeSession(state, digestOf(cookie)));
  }

  users(): readonly User[] {
    return this.#identities.withSeen(this.#file.state).users;
  }

  async addUser(name: string, role: Role): Promise<OneTimeLink> {
    return await this.#invite((state, digest, now) =>
      inviteUser(addUser(state, name, role, now), name, digest, now),
    );
  }

  async changeUser(name: string, change: { role?: Role; disabled?: boolean }): Promise<User> {
    await this.#change((state) => changeUser(state, name, change));
    return knownUser(this.#file.state, name);
  }

  async removeUser(name: string): Promise<void> {
    await this.#change((state) => removeUser(state, name));
  }

  /** A new link for a user: also for one who has lost the password, which stays good until the link is used. */
  async inviteUser(name: string): Promise<OneTimeLink> {
    return await this.#invite((state, digest, now) => inviteUser(state, name, digest, now));
  }

  /** The link that makes the first admin; FAILED_PRECONDITION when there is one who can log in. */
  async inviteFirst(): Promise<OneTimeLink> {
    return await this.#invite(inviteFirst);
  }

  /** Tokens of a user's making that are still good. */
  goodTokensOf(user: string): number {
    const now = this.#clock.now();
    const isGood = (one: ApiToken): boolean => one.createdBy === user && one.expiresAtMs > now;
    return this.#file.state.tokens.filter(isGood).length;
  }

  tokens(): readonly ApiToken[] {
    return this.#identities.withSeen(this.#file.state).tokens;
  }

  /** The token itself is in the answer, and nowhere else. */
  async issueToken({ days, ...rest }: NewToken): Promise<{ token: string; row: ApiToken }> {
    const token = TOKEN_HEAD + newSecret();
    const createdAtMs = this.#clock.now();
    const row: ApiToken = {
      ...rest,
      id: randomBytes(ID_BYTES).toString("hex"),
      digest: digestOf(token),
      createdAtMs,
      expiresAtMs: createdAtMs + days * DAY_MS,
    };
    await this.#change((state) => addToken(state, row));
    return { token, row };
  }

  async revokeToken(id: string): Promise<ApiToken> {
    const token = knownToken(this.#file.state, id);
    await this.#change((state) => removeToken(state, id));
    return token;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#keepSeen().catch(() => undefined);
    await this.#file.close();
  }

  async #open(
    name: string,
    password: string,
    before: (state: AccountState, now: number) => AccountState,
  ): Promise<OpenedSession> {
    const cookie = newSecret();
    const digest = digestOf(cookie);
    await this.#change((state, now) =>
      openSession(before(state, now), { name, password, digest }, now),
    );
    const view = this.sessionOf(cookie);
    if (!view) throw wrongLogin();
    return { cookie, view };
  }

  async #invite(
    decide: (state: AccountState, digest: string, now: number) => AccountState,
  ): Promise<OneTimeLink> {
    const welcome = newSecret();
    await this.#change((state, now) => decide(state, digestOf(welcome), now));
    const expiresAt = new Date(this.#clock.now() + ACCOUNT_BOUNDS.welcomeLifeMs).toISOString();
    return { welcome, expiresAt };
  }

  #change(decide: (state: AccountState, now: number) => AccountState): Promise<void> {
    const now = this.#clock.now();
    return this.#file.change((state) => ({
      state: sweepAccounts(decide(this.#identities.withSeen(state), now), now),
      result: undefined,
    }));
  }

  /** A server that nobody uses writes nothing. */
  async #keepSeen(): Promise<void> {
    const { state } = this.#file;
    const seen = sweepAccounts(this.#identities.withSeen(state), this.#clock.now());
    if (JSON.stringify(seen) !== JSON.stringify(state)) await this.#change((same) => same);
  }
}

function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString("base64url");
}

/** Known to who has the cookie and to the page that asked for its session; to no page of another site. */
export function csrfOf(cookie: string): string {
  return hash("sha256", `flotilla csrf ${cookie}`, "base64url");
}
