import type { FastifyInstance, FastifyReply } from "fastify";
import type { Accounts, Attempt, OpenedSession, SessionView } from "../access/accounts.ts";
import type { Schema } from "../core/model/schema.ts";
import { FleetError } from "../core/std/errors.ts";
import { isObject } from "../core/std/json.ts";
import { GONE, LOGIN, NEW_PASSWORD, SESSION, WELCOME } from "./access-schemas.ts";
import { checkedBody } from "./room-input.ts";
import { goneOf, type Request, type RouteAbout, serve } from "./route.ts";
import { cookieOf, noCookie, sessionCookie } from "./session-cookie.ts";

const TAG = "Access";
const about = (rest: RouteAbout): RouteAbout => ({ tag: TAG, ...rest });

/** Logging in and out, with a password or a one-time link. */
export function sessionRoutes(app: FastifyInstance, accounts: Accounts): void {
  const routes = new SessionRoutes(accounts);
  serve(app, "/v1/session", {
    GET: {
      access: "self",
      handle: routes.show,
      about: about({ summary: "Shows who the cookie stands for.", answer: SESSION }),
    },
    POST: {
      access: "open",
      handle: routes.login,
      about: about({ summary: "Logs in; sets the cookie.", body: LOGIN, answer: SESSION }),
    },
    DELETE: {
      access: "self",
      handle: routes.logout,
      about: about({ summary: "Logs out; streams of the session end.", answer: GONE }),
    },
  });
  serve(app, "/v1/session/welcome", {
    POST: {
      access: "open",
      handle: routes.welcome,
      about: about({
        summary: "Uses a one-time link: sets a password, logs in.",
        ...{ body: WELCOME, answer: SESSION },
      }),
    },
  });
  serve(app, "/v1/session/password", {
    POST: {
      access: "self",
      handle: routes.changePassword,
      about: about({ summary: "Changes one's password.", body: NEW_PASSWORD, answer: SESSION }),
    },
  });
}

class SessionRoutes {
  readonly #accounts: Accounts;

  constructor(accounts: Accounts) {
    this.#accounts = accounts;
  }

  readonly show = (request: Request, reply: FastifyReply): SessionView => {
    reply.header("cache-control", "no-store");
    return this.#own(request).view;
  };

  readonly login = async (request: Request, reply: FastifyReply): Promise<SessionView> => {
    request.audited = { action: "login" };
    const { user, password } = secretBody<Record<"user" | "password", string>>(LOGIN, request.body);
    request.audited = { action: "login", who: user, target: user };
    const opened = await this.#accounts.login(user, password, attemptOf(request, reply));
    return answer(request, reply, opened);
  };

  readonly welcome = async (request: Request, reply: FastifyReply): Promise<SessionView> => {
    request.audited = { action: "welcome" };
    const { token, user, password } = secretBody<{
      readonly token: string;
      readonly user?: string;
      readonly password: string;
    }>(WELCOME, request.body);
    request.audited = { action: "welcome", who: user ?? "", target: user ?? "" };
    const attempt = attemptOf(request, reply);
    const opened = await this.#accounts.welcome(token, user, password, attempt);
    const { user: name, role } = opened.view;
    request.audited = { action: "welcome", who: name, target: name, after: { role } };
    return answer(request, reply, opened);
  };

  readonly logout = async (request: Request, reply: FastifyReply): Promise<object> => {
    const { cookie, view } = this.#own(request);
    request.audited = { action: "logout", target: view.user };
    await this.#accounts.logout(cookie);
    reply.header("set-cookie", noCookie(request));
    return {};
  };

  readonly changePassword = async (request: Request, reply: FastifyReply): Promise<SessionView> => {
    const { cookie, view } = this.#own(request);
    request.audited = { action: "password.change", target: view.user };
    const body = secretBody<Record<"old" | "new", string>>(NEW_PASSWORD, request.body);
    await this.#accounts.changePassword(cookie, view.user, body, attemptOf(request, reply));
    return view;
  };

  #own({ headers }: Request): { readonly cookie: string; readonly view: SessionView } {
    const cookie = headers.authorization === undefined ? cookieOf(headers.cookie) : undefined;
    const view = cookie === undefined ? undefined : this.#accounts.sessionOf(cookie);
    if (cookie !== undefined && view) return { cookie, view };
    throw new FleetError(
      "UNAUTHENTICATED",
      "there is no session: a token has none, log in for one",
    );
  }
}

const SECRETS = ["password", "old", "new", "token"];

/** A body whose secrets are never told back, whatever is wrong with them. */
function secretBody<T>(schema: Schema, body: unknown): T {
  for (const name of SECRETS)
    if (isObject(body) && name in body && typeof body[name] !== "string")
      throw new FleetError("INVALID", `the request is invalid: ${name}: must be a string`);
  return checkedBody<T>(schema, body);
}

function attemptOf({ raw }: Request, reply: FastifyReply): Attempt {
  return { from: raw.socket.remoteAddress ?? "", signal: goneOf(reply) };
}

function answer(
  request: Request,
  reply: FastifyReply,
  { cookie, view }: OpenedSession,
): SessionView {
  reply.header("set-cookie", sessionCookie(request, cookie)).header("cache-control", "no-store");
  return view;
}
