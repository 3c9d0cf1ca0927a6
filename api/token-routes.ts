import type { FastifyInstance, FastifyReply } from "fastify";
import type { ApiToken, TokenRole } from "../access/account-state.ts";
import type { Accounts } from "../access/accounts.ts";
import { GONE, NEW_TOKEN, TOKEN_MADE, TOKENS } from "./access-schemas.ts";
import { checkedBody } from "./room-input.ts";
import { type Request, type RouteAbout, serve } from "./route.ts";

interface Given {
  readonly name: string;
  readonly role: TokenRole;
  readonly namespaces?: readonly string[];
  readonly days: number;
}
const EXAMPLE = { name: "matchmaker", role: "allocate", namespaces: ["default"], days: 90 };

/** API tokens, for admins. */
export function tokenRoutes(app: FastifyInstance, accounts: Accounts): void {
  const about = (rest: RouteAbout): RouteAbout => ({ tag: "Access", ...rest });
  const access = "manage" as const;
  serve(app, "/v1/tokens", {
    GET: {
      access,
      handle: () => ({ items: accounts.tokens().map(rowOf) }),
      about: about({ summary: "Lists API tokens; shows none.", answer: TOKENS }),
    },
    POST: {
      access,
      handle: (request, reply) => issue(request, reply, accounts),
      about: about({
        summary: "Makes an API token.",
        ...{ body: NEW_TOKEN, answer: TOKEN_MADE, example: EXAMPLE },
      }),
    },
  });
  serve(app, "/v1/tokens/:id", {
    DELETE: {
      access,
      handle: async (request) => {
        const token = await accounts.revokeToken(request.params.id ?? "");
        request.audited = { target: targetOf(token), before: shown(token) };
        return {};
      },
      about: about({ summary: "Revokes an API token at once.", answer: GONE }),
    },
  });
}

async function issue(request: Request, reply: FastifyReply, accounts: Accounts): Promise<object> {
  const given = checkedBody<Given>(NEW_TOKEN, request.body);
  request.audited = { target: given.name };
  const createdBy = request.principal?.name ?? "";
  const { token, row } = await accounts.issueToken({ ...given, createdBy });
  request.audited = { target: targetOf(row), after: shown(row) };
  reply.code(201).header("cache-control", "no-store");
  return { ...rowOf(row), token };
}

function targetOf({ name, id }: ApiToken): string {
  return `${name} (${id})`;
}

function shown({ role, namespaces, expiresAtMs }: ApiToken): Record<string, unknown> {
  const expiresAt = new Date(expiresAtMs).toISOString();
  return { role, ...(namespaces ? { namespaces } : {}), expiresAt };
}

function rowOf({ id, name, role, namespaces, createdBy, createdAtMs, ...rest }: ApiToken): object {
  const { expiresAtMs, usedAtMs } = rest;
  return {
    ...{ id, name, role, ...(namespaces ? { namespaces } : {}), createdBy },
    createdAt: new Date(createdAtMs).toISOString(),
    expiresAt: new Date(expiresAtMs).toISOString(),
    ...(usedAtMs === undefined ? {} : { lastUsedAt: new Date(usedAtMs).toISOString() }),
  };
}
