import { timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { type Accounts, csrfOf } from "../access/accounts.ts";
import { demandAllNamespaces, demandNamespace } from "../access/scopes.ts";
import type { Principal, Tokens } from "../access/tokens.ts";
import { FleetError } from "../core/std/errors.ts";
import { cookieOf } from "./session-cookie.ts";

export interface IdentifyOptions {
  readonly tokens: Tokens;
  readonly accounts: Accounts;
}

const CSRF_HEADER = "x-flotilla-csrf";

/**
 * Who asks: by the `Authorization` header when there is one, else by the cookie of a session. A change that comes with a
 * cookie must say what only our own page knows: FORBIDDEN otherwise.
 */
export function identify(
  { authorization, cookie, [CSRF_HEADER]: csrf }: IncomingHttpHeaders,
  isChange: boolean,
  { tokens, accounts }: IdentifyOptions,
): Principal | undefined {
  if (authorization !== undefined) return tokens.principalOf(authorization);
  const value = cookieOf(cookie);
  if (value === undefined) return undefined;
  const principal = accounts.principalOfCookie(value);
  if (principal && isChange) assertCsrf(csrf, csrfOf(value));
  return principal;
}

function assertCsrf(given: string | string[] | undefined, wanted: string): void {
  const [a, b] = [Buffer.from(String(given)), Buffer.from(wanted)];
  if (a.length === b.length && timingSafeEqual(a, b)) return;
  throw new FleetError(
    "FORBIDDEN",
    `a change with a session needs the header ${CSRF_HEADER}: GET /v1/session tells its value`,
  );
}

/** A token for some namespaces reaches only what says which namespace it is about. */
export function demandPlace(
  principal: Principal | undefined,
  namespace: string | undefined,
  checksItself: boolean,
): void {
  if (principal?.namespaces === undefined) return;
  if (namespace !== undefined) demandNamespace(principal, namespace);
  else if (!checksItself) demandAllNamespaces(principal);
}
