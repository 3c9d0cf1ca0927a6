import {
  type AccountState,
  type ApiToken,
  type Session,
  sessionEndMs,
  type User,
} from "./account-state.ts";
import type { Principal } from "./tokens.ts";

interface Known {
  readonly principal: Principal;
  readonly session?: Session;
  readonly token?: ApiToken;
  /** When it was used last, which the file learns later. */
  seenAtMs: number;
}

/** Who sessions and API tokens speak for, by digest. What is not in the newest state speaks for nobody at once. */
export class Identities {
  readonly #now: () => number;
  #byDigest = new Map<string, Known>();
  #byPrincipal = new Map<Principal, Known>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Who had an identity keeps it as the same object unless it may do something else now. */
  take({ users, sessions, tokens }: AccountState): void {
    const before = this.#byDigest;
    const byName = new Map(users.map((user) => [user.name, user]));
    const known = [
      ...sessions.flatMap((session) => knownSession(session, byName.get(session.user), before)),
      ...tokens.map((token) => knownToken(token, before)),
    ];
    this.#byDigest = new Map(known);
    this.#byPrincipal = new Map(known.map(([, one]) => [one.principal, one]));
  }

  find(digest: string): Principal | undefined {
    const known = this.#byDigest.get(digest);
    return known && this.#isGood(known) ? known.principal : undefined;
  }

  /** True while `principal` may still do what it could when it was found. */
  holds(principal: Principal): boolean {
    const known = this.#byPrincipal.get(principal);
    return known !== undefined && this.#isGood(known);
  }

  endMsOf(digest: string): number | undefined {
    const known = this.#byDigest.get(digest);
    return known?.session && sessionEndMs({ ...known.session, seenAtMs: known.seenAtMs });
  }

  /** `state` with when everything was used last. */
  withSeen(state: AccountState): AccountState {
    const seenOf = (digest: string): number => this.#byDigest.get(digest)?.seenAtMs ?? 0;
    const sessions = state.sessions.map((one) => ({
      ...one,
      seenAtMs: Math.max(one.seenAtMs, seenOf(one.digest)),
    }));
    const tokens = state.tokens.map((one) => {
      const usedAtMs = Math.max(one.usedAtMs ?? 0, seenOf(one.digest));
      return usedAtMs > 0 ? { ...one, usedAtMs } : one;
    });
    const byUser = new Map<string, number>();
    for (const { user, seenAtMs } of sessions)
      byUser.set(user, Math.max(byUser.get(user) ?? 0, seenAtMs));
    const users = state.users.map((one) => {
      const seenAtMs = Math.max(one.seenAtMs ?? 0, byUser.get(one.name) ?? 0);
      return seenAtMs > 0 ? { ...one, seenAtMs } : one;
    });
    return { ...state, users, sessions, tokens };
  }

  #isGood(known: Known): boolean {
    const now = this.#now();
    const { session, token, seenAtMs } = known;
    const end = session ? sessionEndMs({ ...session, seenAtMs }) : (token?.expiresAtMs ?? 0);
    if (end <= now) return false;
    known.seenAtMs = now;
    return true;
  }
}

type Before = ReadonlyMap<string, Known>;

function knownSession(session: Session, user: User | undefined, before: Before): [string, Known][] {
  if (!user || user.disabled) return [];
  const old = before.get(session.digest);
  const principal: Principal =
    old?.principal.scope === user.role
      ? old.principal
      : { kind: "user", scope: user.role, name: user.name };
  const seenAtMs = Math.max(old?.seenAtMs ?? 0, session.seenAtMs);
  return [[session.digest, { principal, session, seenAtMs }]];
}

/** A token never changes: it is made and revoked. */
function knownToken(token: ApiToken, before: Before): [string, Known] {
  const old = before.get(token.digest);
  const { id, name, role, namespaces, usedAtMs = 0 } = token;
  const principal: Principal = old?.principal ?? {
    ...{ kind: "token", scope: role, name: `${name} (${id})` },
    ...(namespaces ? { namespaces } : {}),
  };
  return [token.digest, { principal, token, seenAtMs: Math.max(old?.seenAtMs ?? 0, usedAtMs) }];
}
