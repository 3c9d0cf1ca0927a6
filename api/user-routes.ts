import type { FastifyInstance, FastifyReply } from "fastify";
import type { User } from "../access/account-state.ts";
import type { Accounts, OneTimeLink } from "../access/accounts.ts";
import { changesOf } from "../access/audit/changes.ts";
import type { Role } from "../access/tokens.ts";
import { FleetError } from "../core/std/errors.ts";
import { CHANGE_USER, CHANGED_USER, GONE, LINK, NEW_USER, USERS } from "./access-schemas.ts";
import { checkedBody } from "./room-input.ts";
import type { Handler, Request, Route, RouteAbout } from "./route.ts";
import { serve } from "./route.ts";

/** People, for admins. */
export function userRoutes(app: FastifyInstance, accounts: Accounts): void {
  const routes = new UserRoutes(accounts);
  const may = (handle: Handler, about: RouteAbout): Route => ({
    access: "manage",
    handle,
    about: { tag: "Access", ...about },
  });
  serve(app, "/v1/users", {
    GET: may(routes.list, { summary: "Lists users.", answer: USERS }),
    POST: may(routes.add, {
      summary: "Makes a user, and a one-time link for it.",
      ...{ body: NEW_USER, answer: LINK, example: { name: "ann", role: "operator" } },
    }),
  });
  serve(app, "/v1/users/:name", {
    PATCH: may(routes.change, {
      summary: "Gives a user another role, or disables it.",
      ...{ body: CHANGE_USER, answer: CHANGED_USER, example: { disabled: true } },
    }),
    DELETE: may(routes.remove, { summary: "Removes a user.", answer: CHANGED_USER }),
  });
  serve(app, "/v1/users/:name/welcome", {
    POST: may(routes.invite, { summary: "Makes a new one-time link for a user.", answer: LINK }),
  });
  serve(app, "/v1/welcome", {
    POST: may(routes.inviteFirst, {
      summary: "Makes the link of the first admin, while there is none.",
      ...{ body: GONE, answer: LINK },
    }),
  });
}

class UserRoutes {
  readonly #accounts: Accounts;

  constructor(accounts: Accounts) {
    this.#accounts = accounts;
  }

  readonly list = (): object => ({
    items: this.#accounts
      .users()
      .map(rowOf)
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  });

  readonly add = async (request: Request, reply: FastifyReply): Promise<object> => {
    const { name, role } = checkedBody<{ name: string; role: Role }>(NEW_USER, request.body);
    request.audited = { target: name, after: { role } };
    const link = await this.#accounts.addUser(name, role);
    reply.code(201);
    return this.#linkFor(reply, name, link);
  };

  readonly change = async (request: Request): Promise<object> => {
    const change = checkedBody<{ role?: Role; disabled?: boolean }>(CHANGE_USER, request.body);
    if (Object.keys(change).length === 0)
      throw new FleetError("BAD_REQUEST", "say what is to change: role or disabled");
    const { name = "" } = request.params;
    const before = this.#accounts.users().find((user) => user.name === name);
    const user = await this.#accounts.changeUser(name, change);
    request.audited = changesOf(before && shown(before), shown(user));
    return { user: rowOf(user), tokens: this.#accounts.goodTokensOf(name) };
  };

  readonly remove = async (request: Request): Promise<object> => {
    const { name = "" } = request.params;
    const before = this.#accounts.users().find((user) => user.name === name);
    await this.#accounts.removeUser(name);
    request.audited = changesOf(before && shown(before), undefined);
    return { tokens: this.#accounts.goodTokensOf(name) };
  };

  readonly invite = async (request: Request, reply: FastifyReply): Promise<object> => {
    const { name = "" } = request.params;
    return this.#linkFor(reply, name, await this.#accounts.inviteUser(name));
  };

  readonly inviteFirst = async (_request: Request, reply: FastifyReply): Promise<object> => {
    reply.header("cache-control", "no-store");
    return await this.#accounts.inviteFirst();
  };

  #linkFor(reply: FastifyReply, name: string, link: OneTimeLink): object {
    reply.header("cache-control", "no-store");
    const user = this.#accounts.users().find((one) => one.name === name);
    return { user: user && rowOf(user), ...link };
  }
}

function shown({ role, disabled }: User): object {
  return { role, disabled };
}

/** Nothing of a password but whether there is one. */
function rowOf({ name, role, disabled, createdAtMs, seenAtMs, password }: User) {
  return {
    ...{ name, role, disabled, createdAt: new Date(createdAtMs).toISOString() },
    ...(seenAtMs === undefined ? {} : { lastSeenAt: new Date(seenAtMs).toISOString() }),
    hasPassword: password !== undefined,
  };
}
