import { FleetError } from "../core/std/errors.ts";
import {
  ACCOUNT_BOUNDS,
  type AccountState,
  type Session,
  sessionEndMs,
  type User,
} from "./account-state.ts";
import type { Role } from "./tokens.ts";

// Every change of people: the state and what is asked in, the next state out; what may not be is thrown.

const NAME = /^[a-z0-9]([-a-z0-9._@]{0,61}[a-z0-9])?$/;

export function addUser(state: AccountState, name: string, role: Role, now: number): AccountState {
  assertName(name);
  if (userOf(state, name))
    throw new FleetError("ALREADY_EXISTS", `there is a user ${name} already`);
  if (state.users.length >= ACCOUNT_BOUNDS.usersMax)
    throw new FleetError("EXHAUSTED", `there are ${ACCOUNT_BOUNDS.usersMax} users already`);
  const user = { name, role, disabled: false, createdAtMs: now };
  return { ...state, users: [...state.users, user] };
}

/** A disabled user's sessions and links end; a changed role holds from the next request on. */
export function changeUser(
  state: AccountState,
  name: string,
  { role, disabled }: { readonly role?: Role; readonly disabled?: boolean },
): AccountState {
  const user = knownUser(state, name);
  const next = { ...user, role: role ?? user.role, disabled: disabled ?? user.disabled };
  const changed = withUser(state, next);
  assertAdminLeft(state, changed, name);
  return next.disabled ? withoutAccess(changed, name) : changed;
}

export function removeUser(state: AccountState, name: string): AccountState {
  knownUser(state, name);
  const users = state.users.filter((user) => user.name !== name);
  const next = withoutAccess({ ...state, users }, name);
  assertAdminLeft(state, next, name);
  return next;
}

/** A link for a user; one that it had before is void. */
export function inviteUser(
  state: AccountState,
  name: string,
  digest: string,
  now: number,
): AccountState {
  const user = knownUser(state, name);
  if (user.disabled) throw new FleetError("FAILED_PRECONDITION", `user ${name} is disabled`);
  return withWelcome(state, digest, name, now);
}

/** The link that makes the first admin, while there is none who could log in. */
export function inviteFirst(state: AccountState, digest: string, now: number): AccountState {
  const admin = state.users.find(canAdminister);
  if (!admin) return withWelcome(state, digest, undefined, now);
  throw new FleetError("FAILED_PRECONDITION", `there is an admin already: ${admin.name}`, {
    next: `a new link for somebody who lost the password: flotilla user link ${admin.name}`,
  });
}

/** Who a link is for; undefined: for whoever will be the first admin. UNAUTHENTICATED when it is none or too old. */
export function welcomedBy(
  { welcomes }: AccountState,
  digest: string,
  now: number,
): { readonly user: string | undefined } {
  const welcome = welcomes.find((one) => one.digest === digest);
  if (welcome && welcome.expiresAtMs > now) return { user: welcome.user };
  throw new FleetError(
    "UNAUTHENTICATED",
    "this link is not good any more: it was used, replaced by another or is too old",
    { next: "an admin makes another: flotilla user link NAME" },
  );
}

/** A link is used up: its user, or the first admin, has this password now, and no older session. */
export function acceptWelcome(
  state: AccountState,
  { digest, name, password }: Readonly<Record<"digest" | "name" | "password", string>>,
  now: number,
): AccountState {
  const { user } = welcomedBy(state, digest, now);
  if (user !== undefined && user !== name)
    throw new FleetError("INVALID", `this link is for user ${user}, not for ${name}`);
  const known = user === undefined ? addUser(inviteless(state), name, "admin", now) : state;
  return setPassword(withoutAccess(known, name), name, password, undefined);
}

/** A new password ends all sessions but the one it was changed in. */
export function setPassword(
  state: AccountState,
  name: string,
  password: string,
  kept: string | undefined,
): AccountState {
  const next = withUser(state, { ...knownUser(state, name), password });
  const stays = ({ user, digest }: Session): boolean => user !== name || digest === kept;
  return { ...next, sessions: next.sessions.filter(stays) };
}

/** UNAUTHENTICATED when the user was disabled, or got another password, while this one was looked at. */
export function openSession(
  state: AccountState,
  { name, password, digest }: Readonly<Record<"digest" | "name" | "password", string>>,
  now: number,
): AccountState {
  const user = userOf(state, name);
  if (!user || user.disabled || user.password !== password) throw wrongLogin();
  const own = state.sessions.filter((one) => one.user === name);
  const over = own
    .toSorted((a, b) => a.seenAtMs - b.seenAtMs)
    .slice(0, Math.max(0, own.length + 1 - ACCOUNT_BOUNDS.sessionsPerUserMax));
  const kept = state.sessions.filter((one) => !over.includes(one));
  const session = { digest, user: name, createdAtMs: now, seenAtMs: now };
  return withUser({ ...state, sessions: [...kept, session] }, { ...user, seenAtMs: now });
}

export function closeSession(state: AccountState, digest: string): AccountState {
  return { ...state, sessions: state.sessions.filter((one) => one.digest !== digest) };
}

/** Forgets what has ended by time. */
export function sweepAccounts(state: AccountState, now: number): AccountState {
  const { expiredTokenShownMs } = ACCOUNT_BOUNDS;
  return {
    users: state.users,
    welcomes: state.welcomes.filter(({ expiresAtMs }) => expiresAtMs > now),
    sessions: state.sessions.filter((session) => sessionEndMs(session) > now),
    tokens: state.tokens.filter(({ expiresAtMs }) => expiresAtMs + expiredTokenShownMs > now),
  };
}

/** The one answer to every wrong login: it does not tell a wrong name from a wrong password. */
export function wrongLogin(): FleetError {
  return new FleetError("UNAUTHENTICATED", "user or password is wrong, or the user is disabled");
}

export function userOf({ users }: AccountState, name: string): User | undefined {
  return users.find((user) => user.name === name);
}

export function knownUser(state: AccountState, name: string): User {
  const user = userOf(state, name);
  if (user) return user;
  throw new FleetError("NOT_FOUND", `there is no user ${JSON.stringify(name)}`);
}

function assertName(name: string): void {
  if (NAME.test(name)) return;
  throw new FleetError(
    "INVALID",
    `a user's name has 1 to 63 small letters, digits, '.', '_', '@' and '-', not ${JSON.stringify(name.slice(0, 80))}`,
  );
}

function canAdminister({ role, disabled, password }: User): boolean {
  return role === "admin" && !disabled && password !== undefined;
}

/** Nobody locks everybody out by mistake; who has the state folder's admin token can always make a link. */
function assertAdminLeft(before: AccountState, after: AccountState, name: string): void {
  if (!before.users.some(canAdminister) || after.users.some(canAdminister)) return;
  throw new FleetError("FAILED_PRECONDITION", `${name} is the last admin who can log in`, {
    next: "make another one first: flotilla user add NAME --role admin",
  });
}

function withUser(state: AccountState, user: User): AccountState {
  return { ...state, users: state.users.map((one) => (one.name === user.name ? user : one)) };
}

function withoutAccess(state: AccountState, name: string): AccountState {
  return {
    ...state,
    sessions: state.sessions.filter(({ user }) => user !== name),
    welcomes: state.welcomes.filter(({ user }) => user !== name),
  };
}

function inviteless(state: AccountState): AccountState {
  return { ...state, welcomes: state.welcomes.filter(({ user }) => user !== undefined) };
}

function withWelcome(
  state: AccountState,
  digest: string,
  user: string | undefined,
  now: number,
): AccountState {
  const expiresAtMs = now + ACCOUNT_BOUNDS.welcomeLifeMs;
  const others = state.welcomes.filter((one) => one.user !== user);
  const welcome = { digest, expiresAtMs, ...(user === undefined ? {} : { user }) };
  return { ...state, welcomes: [...others, welcome] };
}
