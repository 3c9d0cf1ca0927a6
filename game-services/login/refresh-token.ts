import { createHmac, type KeyObject, timingSafeEqual } from "node:crypto";

/** A session at one point of its chain of refresh tokens. */
export interface ChainLink {
  readonly sessionId: string;
  /** Random, known to the store only: without it no token of the session can be made. */
  readonly salt: string;
  readonly turn: number;
}

const FORM = /^([0-9a-f-]{36})\.(\d{1,9})\.([A-Za-z0-9_-]{43})$/;

/** Always the same for one link: whoever lost an answer and asks again gets the token that was lost. */
export function refreshTokenOf({ sessionId, salt, turn }: ChainLink, key: KeyObject): string {
  return `${sessionId}.${turn}.${macOf({ sessionId, salt, turn }, key)}`;
}

/** What a refresh token claims to be; undefined when it is none. */
export function readRefreshToken(
  token: string,
): { readonly sessionId: string; readonly turn: number; readonly mac: string } | undefined {
  const [, sessionId = "", turn, mac = ""] = FORM.exec(token) ?? [];
  return turn === undefined ? undefined : { sessionId, turn: Number(turn), mac };
}

/** True when `mac` was made for the link with one of the keys. */
export function isMacOf(link: ChainLink, mac: string, keys: readonly KeyObject[]): boolean {
  const given = Buffer.from(mac);
  return keys.some((key) => {
    const expected = Buffer.from(macOf(link, key));
    return expected.length === given.length && timingSafeEqual(expected, given);
  });
}

function macOf({ sessionId, salt, turn }: ChainLink, key: KeyObject): string {
  return createHmac("sha256", key).update(`${sessionId}.${salt}.${turn}`).digest("base64url");
}
