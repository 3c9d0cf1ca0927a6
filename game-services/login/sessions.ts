import { randomUUID } from "node:crypto";
import type { Clock } from "../../core/std/clock.ts";
import { FleetError, isFleetError } from "../../core/std/errors.ts";
import type { Logger } from "../../core/std/logger.ts";
import type { Collection, Kept, Page } from "../../store/documents/document-store.ts";
import { verifyAccessToken } from "../service/access-token.ts";
import type { Player } from "../service/route.ts";
import type { Account, Session } from "./collections.ts";
import { isMacOf, readRefreshToken, refreshTokenOf } from "./refresh-token.ts";
import type { SigningKeys } from "./signing-keys.ts";

export interface SessionOptions {
  readonly accounts: Collection<Account>;
  readonly sessions: Collection<Session>;
  readonly keys: SigningKeys;
  readonly accessSeconds: number;
  /** A session that nobody refreshes ends after this. */
  readonly refreshSeconds: number;
  /** So long the token before the present one still gets the present one: its answer may have been lost. */
  readonly reuseGraceMs: number;
  readonly sessionsPerUserMax: number;
  /** `seen_at` is written at most so often. */
  readonly seenEveryMs: number;
  /** Who was seen within this is online. */
  readonly onlineMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What a client gets to keep. */
export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly token_type: "Bearer";
  readonly expires_in: number;
}

/** Whose session begins, and from where. */
interface NewSession {
  readonly id: string;
  readonly account: Account;
  readonly address: string;
}

const TRIES_MAX = 8;
const PAGE = 100;
/** Sessions over the bound that one login clears away. */
const SURPLUS_MAX = 8;

const denied = (message: string): FleetError => new FleetError("UNAUTHENTICATED", message);

/** Sessions with their chains of refresh tokens. */
export class Sessions {
  readonly #options: SessionOptions;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** A new session of an account that has just proved itself. Older ones make room for it meanwhile. */
  async start({ id, body: account }: Kept<Account>, address: string): Promise<Tokens> {
    const begun = this.#begin(randomUUID(), { id, account, address });
    const [tokens] = await Promise.all([begun, this.#makeRoom(id)]);
    return tokens;
  }

  /**
   * An account and its first session, written at once, so that who is new waits for the disk once. Without its account a
   * session opens nothing.
   */
  async startFirst(
    first: NewSession,
    making: Promise<{ readonly kept: Kept<Account>; readonly isNew: boolean }>,
  ): Promise<{ readonly account: Account; readonly isNew: boolean; readonly tokens: Tokens }> {
    const sessionId = randomUUID();
    const [made, begun] = await Promise.allSettled([making, this.#begin(sessionId, first)]);
    if (made.status === "fulfilled" && made.value.isNew && begun.status === "fulfilled")
      return { account: made.value.kept.body, isNew: true, tokens: begun.value };
    if (begun.status === "fulfilled") await this.end(sessionId);
    if (made.status === "rejected") throw made.reason;
    if (begun.status === "rejected") throw begun.reason;
    // Somebody made the account a moment before, and may have ended all its sessions since.
    const { kept } = made.value;
    return { account: kept.body, isNew: false, tokens: await this.start(kept, first.address) };
  }

  /** The player of an access token whose session goes on. */
  async authenticate(token: string): Promise<Player> {
    const { keys, clock } = this.#options;
    const now = (): number => clock.now();
    const player = await verifyAccessToken(token, { keys: keys.verification, now });
    await this.#live(player.sessionId);
    return player;
  }

  /** The next tokens of a session. An old token that comes back ends it: two have had it, and one of them must not. */
  async refresh(token: string, address: string): Promise<Tokens> {
    const claimed = readRefreshToken(token);
    if (!claimed) throw denied("token invalid");
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const found = await this.#proven(claimed);
      const { session, account } = found;
      const { reuseGraceMs, clock } = this.#options;
      const age = session.body.turn - claimed.turn;
      if (age === 1 && clock.now() - session.body.turned_at <= reuseGraceMs)
        return await this.#tokensOf(session, account);
      if (age !== 0) {
        await this.end(session.id);
        this.#options.logger.warn(
          { user: session.body.user, address },
          "a refresh token was reused",
        );
        throw denied("token reused");
      }
      const turned = await this.#turn(session, address);
      if (turned) return await this.#tokensOf(turned, account);
    }
    throw new FleetError("UNAVAILABLE", "not available at the moment", { retryAfterSeconds: 1 });
  }

  /** Notes that somebody is there. */
  async see({ sessionId }: Player, address: string): Promise<void> {
    const { sessions, clock, seenEveryMs } = this.#options;
    const { session } = await this.#live(sessionId);
    const { seen_at, address: before } = session.body;
    const now = clock.now();
    if (now - seen_at < seenEveryMs && address === before) return;
    const seen = { ...session.body, seen_at: now, address };
    // Whoever came between has seen the player too.
    await sessions.replace(session.id, session.version, seen).catch(unlessPassed);
  }

  /** Ends one session; safe to repeat. */
  async end(sessionId: string): Promise<void> {
    await this.#options.sessions.delete(sessionId).catch(unlessPassed);
  }

  /** Lets one session go on in the account's new epoch. */
  async carryOver(sessionId: string, epoch: number): Promise<void> {
    const { sessions } = this.#options;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const found = await sessions.get(sessionId);
      if (!found) return;
      const isDone = await sessions.replace(found.id, found.version, { ...found.body, epoch }).then(
        () => true,
        (error) => unlessPassed(error) ?? false,
      );
      if (isDone) return;
    }
  }

  /** Removes the sessions of a user that an older epoch has left; how many there were. */
  async clear(user: string, epoch: number): Promise<number> {
    const { sessions } = this.#options;
    let count = 0;
    let next: { continue?: string } = {};
    do {
      const page: Page<Session> = await sessions.find({
        index: "ofUser",
        equal: { user },
        limit: PAGE,
        ...next,
      });
      const old = page.items.filter(({ body }) => body.epoch < epoch);
      await Promise.all(old.map(({ id }) => this.end(id)));
      count += old.length;
      next = page.continue === undefined ? {} : { continue: page.continue };
    } while (next.continue !== undefined);
    return count;
  }

  /** Sessions seen lately, newest first. */
  async online(limit: number, token: string | undefined): Promise<Page<Session>> {
    const { sessions, clock, onlineMs } = this.#options;
    const next = token === undefined ? {} : { continue: token };
    const query = { index: "bySeen", equal: {}, isDescending: true, limit, ...next };
    const page = await sessions.find(query);
    const since = clock.now() - onlineMs;
    const items = page.items.filter(({ body }) => body.seen_at >= since);
    // The list ends where the first one was seen too long ago, not at a bound that moves from page to page.
    return items.length < page.items.length ? { items } : { ...page, items };
  }

  /** Removes sessions that are over, up to a bound; true when there may be more. */
  async sweep(): Promise<boolean> {
    const { sessions, clock } = this.#options;
    const until = clock.now();
    const { items } = await sessions.find({ index: "byExpiry", equal: {}, until, limit: PAGE });
    const gone = items.map(({ id, version }) => sessions.delete(id, version).catch(unlessPassed));
    await Promise.all(gone);
    return items.length === PAGE;
  }

  async #live(sessionId: string): Promise<{ session: Kept<Session>; account: Account }> {
    const session = await this.#options.sessions.get(sessionId);
    if (!session) throw denied("token revoked");
    return await this.#judged(session);
  }

  /** A session that goes on, and its account; UNAUTHENTICATED otherwise. */
  async #judged(session: Kept<Session>): Promise<{ session: Kept<Session>; account: Account }> {
    const { accounts, clock } = this.#options;
    const account = await accounts.get(session.body.user);
    if (!account || account.body.epoch !== session.body.epoch) throw denied("token revoked");
    if (session.body.expires_at <= clock.now()) throw denied("token expired");
    return { session, account: account.body };
  }

  /** The session of a refresh token that we made. A forged one learns nothing, not even whether the session is there. */
  async #proven(claimed: {
    readonly sessionId: string;
    readonly turn: number;
    readonly mac: string;
  }): Promise<{ session: Kept<Session>; account: Account }> {
    const { sessions, keys } = this.#options;
    const { sessionId, turn, mac } = claimed;
    const found = await sessions.get(sessionId);
    if (!found || !isMacOf({ sessionId, salt: found.body.salt, turn }, mac, keys.refreshKeys))
      throw denied("token invalid");
    return await this.#judged(found);
  }

  /** One step on in the chain; undefined when somebody else took it. */
  async #turn(
    { id, version, body }: Kept<Session>,
    address: string,
  ): Promise<Kept<Session> | undefined> {
    const { sessions, clock, refreshSeconds } = this.#options;
    const now = clock.now();
    const times = { turned_at: now, seen_at: now, expires_at: now + refreshSeconds * 1_000 };
    const next = { ...body, ...times, turn: body.turn + 1, address };
    return await sessions.replace(id, version, next).catch(unlessPassed);
  }

  /** Writes a session, and signs its token meanwhile. */
  async #begin(sessionId: string, { id: user, account, address }: NewSession): Promise<Tokens> {
    const { sessions, clock, refreshSeconds } = this.#options;
    const now = clock.now();
    const session: Session = {
      user,
      epoch: account.epoch,
      salt: randomUUID(),
      turn: 0,
      turned_at: now,
      created_at: now,
      seen_at: now,
      expires_at: now + refreshSeconds * 1_000,
      address,
    };
    const [tokens] = await Promise.all([
      this.#tokensOf({ id: sessionId, body: session }, account),
      sessions.insert(sessionId, session),
    ]);
    return tokens;
  }

  async #tokensOf(
    { id: sessionId, body }: Pick<Kept<Session>, "id" | "body">,
    { nickname }: Account,
  ): Promise<Tokens> {
    const { keys, clock, accessSeconds } = this.#options;
    const player = { userId: body.user, sessionId };
    const [key] = keys.refreshKeys;
    if (!key) throw new Error("bug: there is no key");
    const { salt, turn } = body;
    return {
      access_token: await keys.sign(player, nickname, clock.now(), accessSeconds),
      refresh_token: refreshTokenOf({ sessionId, salt, turn }, key),
      token_type: "Bearer",
      expires_in: accessSeconds,
    };
  }

  /** One more session comes: those unseen for longest make room, also for those that a crash has left over. */
  async #makeRoom(user: string): Promise<void> {
    const { sessions, sessionsPerUserMax } = this.#options;
    const newest = { index: "ofUser", equal: { user }, isDescending: true };
    const skip = sessionsPerUserMax - 1;
    const { items: surplus } = await sessions.find({ ...newest, skip, limit: SURPLUS_MAX });
    await Promise.all(surplus.map(({ id }) => this.end(id)));
  }
}

/** A document that somebody else changed or removed meanwhile: what was wanted of it has passed. */
function unlessPassed(error: unknown): undefined {
  if (isFleetError(error, "CONFLICT") || isFleetError(error, "NOT_FOUND")) return undefined;
  throw error;
}
