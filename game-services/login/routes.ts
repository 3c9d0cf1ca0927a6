import { assert } from "../../core/std/assert.ts";
import { rfc3339 } from "../../core/std/clock.ts";
import { isFleetError } from "../../core/std/errors.ts";
import type { Collection } from "../../store/documents/document-store.ts";
import { badRequest } from "../service/envelope.ts";
import type { Answer, Asked, NamedFailure, Player, ServiceRoute } from "../service/route.ts";
import type { Account } from "./collections.ts";
import type { Credentials, LoggedIn, Login, SignUp } from "./login.ts";
import * as schemas from "./schemas.ts";
import type { Sessions } from "./sessions.ts";

export interface LoginRoutesOptions {
  readonly login: Login;
  readonly sessions: Sessions;
  readonly accounts: Collection<Account>;
}

const ANN = { user_id: "ann", nickname: "Ann", email: "ann@example.org" };
const PASSWORD = "correct horse battery";
const TOKENS = {
  access_token: "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl",
  refresh_token:
    "0c3a3d9e-5f0b-4f0e-8a53-6b2f3c1d7e42.0.m5Yx0iTzDq3hPSv1b2cRkEwUoJf8aLnG7tKdM6eXyZ0",
  token_type: "Bearer",
  expires_in: 900,
};
const LOGGED_IN = { answer: schemas.USER, beside: { tokens: schemas.TOKENS } };
const SHOWN = { message: ANN, beside: { tokens: TOKENS } };

const RATE: readonly NamedFailure[] = [{ code: "EXHAUSTED", message: "too many requests" }];
const BUSY: readonly NamedFailure[] = [
  ...RATE,
  { code: "UNAVAILABLE", message: "too many logins at the moment" },
];
const WRONG: readonly NamedFailure[] = [
  { code: "UNAUTHENTICATED", message: "password mismatch" },
  { code: "EXHAUSTED", message: "account locked" },
];
const OVER: readonly NamedFailure[] = [
  { code: "UNAUTHENTICATED", message: "token expired" },
  { code: "UNAUTHENTICATED", message: "token revoked" },
];

/** Everything that the service answers. */
export function loginRoutes(options: LoginRoutesOptions): readonly ServiceRoute[] {
  return [
    ...wayIn(options),
    ...sessionRoutes(options),
    ...accountRoutes(options),
  ] as ServiceRoute[];
}

function userOf({ user_id, nickname, email }: Account): object {
  return { user_id, nickname, ...(email === undefined ? {} : { email }) };
}

function answerOf({ account, tokens, isNew }: LoggedIn): Answer {
  return { status: isNew ? 201 : 200, message: userOf(account), beside: { tokens } };
}

function playerOf<B>({ player }: Asked<B>): Player {
  assert(player, "a route for players was called by nobody");
  return player;
}

function wayIn({ login }: LoginRoutesOptions): readonly unknown[] {
  const signUp: ServiceRoute<SignUp> = {
    method: "POST",
    url: "/signup",
    access: "open",
    summary: "Makes an account and logs it in.",
    body: schemas.SIGN_UP,
    status: 201,
    ...LOGGED_IN,
    failures: [
      { code: "ALREADY_EXISTS", message: "user already exists" },
      { code: "ALREADY_EXISTS", message: "email already used" },
      { code: "KEY_REUSED", message: "idempotency key reused" },
      ...BUSY,
    ],
    example: { body: { ...ANN, user_pw: PASSWORD }, ...SHOWN },
    isIdempotent: true,
    handle: async (asked) => answerOf(await login.signUp(asked.body, asked)),
  };
  const logIn: ServiceRoute<Credentials> = {
    method: "POST",
    url: "/login",
    access: "open",
    summary: "Logs in with a password.",
    body: schemas.LOG_IN,
    status: 200,
    ...LOGGED_IN,
    failures: [{ code: "NOT_FOUND", message: "user not found" }, ...WRONG, ...BUSY],
    example: { body: { user_id: "ann", user_pw: PASSWORD }, ...SHOWN },
    handle: async (asked) => answerOf(await login.logIn(asked.body, asked)),
  };
  const device: ServiceRoute<{ readonly device_id: string; readonly nickname?: string | null }> = {
    method: "POST",
    url: "/login/device",
    access: "open",
    summary: "Logs in a device by its own secret; the first time makes its account (201).",
    body: schemas.DEVICE,
    status: 200,
    ...LOGGED_IN,
    failures: RATE,
    example: {
      body: { device_id: "b5f0c7e2-91f4-4f0c-a6b7-2f1f6c2f8a11" },
      message: { user_id: "guest-9f86d081884c7d659a2f", nickname: "guest-9f86d081884c7d659a2f" },
      beside: { tokens: TOKENS },
    },
    handle: async (asked) => {
      const { device_id, nickname } = asked.body;
      return answerOf(await login.logInDevice(device_id, nickname ?? undefined, asked));
    },
  };
  return [signUp, logIn, device];
}

function sessionRoutes({ login, sessions }: LoginRoutesOptions): readonly unknown[] {
  const refresh: ServiceRoute<{ readonly refresh_token: string }> = {
    method: "POST",
    url: "/token/refresh",
    access: "open",
    summary:
      "Trades a refresh token for the next tokens; one that comes back later ends its session.",
    body: schemas.REFRESH,
    status: 200,
    answer: schemas.EMPTY,
    beside: { tokens: schemas.TOKENS },
    failures: [
      { code: "UNAUTHENTICATED", message: "token invalid" },
      { code: "UNAUTHENTICATED", message: "token reused" },
      ...OVER,
    ],
    example: {
      body: { refresh_token: TOKENS.refresh_token },
      message: {},
      beside: { tokens: TOKENS },
    },
    handle: async ({ body, address }) => ({
      message: {},
      beside: { tokens: await sessions.refresh(body.refresh_token, address) },
    }),
  };
  const logOut: ServiceRoute = {
    method: "POST",
    url: "/logout",
    access: "player",
    summary: "Ends this session. Other services believe its access token until it expires.",
    status: 200,
    answer: schemas.ENDED,
    failures: OVER,
    example: { message: { sessions: 1 } },
    handle: async (asked) => {
      await sessions.end(playerOf(asked).sessionId);
      return { message: { sessions: 1 } };
    },
  };
  const everywhere: ServiceRoute = {
    method: "POST",
    url: "/logout/everywhere",
    access: "player",
    summary: "Ends every session of the player.",
    status: 200,
    answer: schemas.ENDED,
    failures: OVER,
    example: { message: { sessions: 3 } },
    handle: async (asked) => ({
      message: { sessions: await login.logOutEverywhere(playerOf(asked)) },
    }),
  };
  const presence: ServiceRoute = {
    method: "POST",
    url: "/presence",
    access: "player",
    summary: "Says that the player is here; to be called while somebody plays.",
    status: 200,
    answer: schemas.EMPTY,
    failures: OVER,
    example: { message: {} },
    handle: async (asked) => {
      await sessions.see(playerOf(asked), asked.address);
      return { message: {} };
    },
  };
  return [refresh, logOut, everywhere, presence];
}

interface NewPassword {
  readonly user_pw?: string | null;
  readonly new_pw: string;
}

function accountRoutes({ login, sessions, accounts }: LoginRoutesOptions): readonly unknown[] {
  const me: ServiceRoute = {
    method: "GET",
    url: "/me",
    access: "player",
    summary: "Whom the access token names.",
    status: 200,
    answer: schemas.USER,
    failures: OVER,
    example: { message: ANN },
    handle: async (asked) => ({ message: userOf(await login.accountOf(playerOf(asked))) }),
  };
  const password: ServiceRoute<NewPassword> = {
    method: "POST",
    url: "/password",
    access: "player",
    summary: "Sets a new password and ends every other session of the player.",
    body: schemas.CHANGE_PASSWORD,
    status: 200,
    answer: schemas.ENDED,
    failures: [...WRONG, ...OVER, { code: "CONFLICT", message: "changed meanwhile" }, ...BUSY],
    example: { body: { user_pw: PASSWORD, new_pw: "staple battery" }, message: { sessions: 2 } },
    handle: async (asked) => {
      const { user_pw, new_pw: next } = asked.body;
      const passwords = { old: user_pw ?? undefined, next };
      const { ended } = await login.changePassword(playerOf(asked), passwords, asked.signal);
      return { message: { sessions: ended } };
    },
  };
  const online: ServiceRoute = {
    method: "GET",
    url: "/online",
    access: "operator",
    summary: "Who is online now, when they were last seen and at which address.",
    query: schemas.ONLINE_QUERY,
    status: 200,
    answer: schemas.ONLINE,
    failures: [],
    example: {
      message: {
        online: [
          {
            user_id: "ann",
            nickname: "Ann",
            last_seen: "2026-01-01T12:00:00Z",
            address: "192.0.2.7",
          },
        ],
      },
    },
    handle: async ({ query }) => {
      const limit = Number(query.limit ?? schemas.ONLINE_MAX);
      const token = query.continue === undefined ? undefined : String(query.continue);
      return { message: await onlineNow({ sessions, accounts }, limit, token) };
    },
  };
  return [me, password, online];
}

async function onlineNow(
  { sessions, accounts }: Pick<LoginRoutesOptions, "sessions" | "accounts">,
  limit: number,
  token: string | undefined,
): Promise<object> {
  const page = await sessions.online(limit, token).catch((error) => {
    if (!isFleetError(error, "BAD_REQUEST")) throw error;
    throw badRequest([{ path: "continue", message: "is not of this list" }]);
  });
  const ids = [...new Set(page.items.map(({ body }) => body.user))];
  const found = new Map((await accounts.getMany(ids)).map(({ id, body }) => [id, body]));
  const online = page.items.flatMap(({ body: { user, seen_at, address } }) => {
    const account = found.get(user);
    if (!account) return [];
    const { user_id, nickname } = account;
    return [{ user_id, nickname, last_seen: rfc3339(seen_at), address }];
  });
  return page.continue === undefined ? { online } : { online, continue: page.continue };
}
