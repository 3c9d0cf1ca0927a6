import { FleetError } from "../core/std/errors.ts";
import { isObject } from "../core/std/json.ts";
import type { Role } from "./tokens.ts";

/** What an API token may be: a role, or the scope of who only allocates. */
export const TOKEN_ROLES = ["viewer", "operator", "admin", "allocate"] as const;
export type TokenRole = (typeof TOKEN_ROLES)[number];

/** Times here are milliseconds since 1970. */
export interface User {
  readonly name: string;
  readonly role: Role;
  readonly disabled: boolean;
  readonly createdAtMs: number;
  readonly seenAtMs?: number;
  /** Argon2id with its salt and cost; absent until the user has set one. */
  readonly password?: string;
}
/** A one-time link: whoever has its token sets a password. Without `user` it makes the first admin. */
export interface Welcome {
  readonly digest: string;
  readonly user?: string;
  readonly expiresAtMs: number;
}
export interface Session {
  readonly digest: string;
  readonly user: string;
  readonly createdAtMs: number;
  readonly seenAtMs: number;
}
export interface ApiToken {
  readonly id: string;
  readonly digest: string;
  readonly name: string;
  readonly role: TokenRole;
  readonly namespaces?: readonly string[];
  readonly createdBy: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly usedAtMs?: number;
}

/** All that the server knows of people and tokens: of every secret only what cannot be turned back. */
export interface AccountState {
  readonly users: readonly User[];
  readonly welcomes: readonly Welcome[];
  readonly sessions: readonly Session[];
  readonly tokens: readonly ApiToken[];
}
export const NO_ACCOUNTS: AccountState = { users: [], welcomes: [], sessions: [], tokens: [] };

export const ACCOUNT_BOUNDS: {
  readonly [K in
    | "usersMax"
    | "tokensMax"
    | "sessionsPerUserMax"
    | "sessionIdleMs"
    | "sessionLifeMs"
    | "welcomeLifeMs"
    | "tokenDaysMax"
    | "expiredTokenShownMs"]: number;
} = {
  usersMax: 500,
  tokensMax: 1_000,
  /** The oldest of a user's sessions ends when there would be more. */
  sessionsPerUserMax: 20,
  /** A session ends when it was not used for so long. */
  sessionIdleMs: 12 * 3_600_000,
  sessionLifeMs: 7 * 86_400_000,
  welcomeLifeMs: 24 * 3_600_000,
  tokenDaysMax: 3_650,
  /** A token that has expired is shown for so long. */
  expiredTokenShownMs: 30 * 86_400_000,
};

const FORMAT = 1;
const LISTS = ["users", "welcomes", "sessions", "tokens"] as const;

export function accountText(state: AccountState): string {
  return `${JSON.stringify({ format: FORMAT, ...state })}\n`;
}

/** What a file holds; FAILED_PRECONDITION when it is none of ours. */
export function readAccountText(text: string, path: string): AccountState {
  try {
    const found: unknown = JSON.parse(text);
    if (isObject(found) && found.format === FORMAT && LISTS.every((l) => isList(found[l]))) {
      const { users, welcomes, sessions, tokens } = found as unknown as AccountState;
      return { users, welcomes, sessions, tokens };
    }
  } catch {
    // What is no JSON is none of ours either.
  }
  throw new FleetError("FAILED_PRECONDITION", `${path} is not what this version wrote`, {
    next: "restore it from a backup, or delete it: users, sessions and API tokens are gone then",
  });
}

function isList(value: unknown): boolean {
  return Array.isArray(value) && value.every(isObject);
}

export function sessionEndMs({ createdAtMs, seenAtMs }: Session): number {
  const { sessionIdleMs, sessionLifeMs } = ACCOUNT_BOUNDS;
  return Math.min(seenAtMs + sessionIdleMs, createdAtMs + sessionLifeMs);
}
