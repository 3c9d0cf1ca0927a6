import type { FastifyRequest } from "fastify";
import { ACCOUNT_BOUNDS } from "../access/account-state.ts";

const NAME = "flotilla_session";
const COOKIE = /(?:^|;)\s*flotilla_session=([\w-]{43})\s*(?:;|$)/;

/** The session's secret of a `Cookie` header. */
export function cookieOf(header: string | undefined): string | undefined {
  return header === undefined ? undefined : COOKIE.exec(header)?.[1];
}

/** `Set-Cookie` for a new session: no script reads it, no other site's page sends it. */
export function sessionCookie(request: FastifyRequest, value: string): string {
  return attributes(request, value, ACCOUNT_BOUNDS.sessionLifeMs / 1_000);
}

/** `Set-Cookie` that removes it. */
export function noCookie(request: FastifyRequest): string {
  return attributes(request, "", 0);
}

function attributes({ raw }: FastifyRequest, value: string, seconds: number): string {
  const isTls = "encrypted" in raw.socket && raw.socket.encrypted === true;
  const secure = isTls ? "; Secure" : "";
  return `${NAME}=${value}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${seconds}${secure}`;
}
