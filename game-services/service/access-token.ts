import { errors, type JWTVerifyGetKey, jwtVerify } from "jose";
import { FleetError } from "../../core/std/errors.ts";
import type { Player } from "./route.ts";

/** What the login service signs with, and whom its tokens are for. */
export const TOKEN_ALGORITHM = "EdDSA";
export const TOKEN_TYPE = "at+jwt";
export const TOKEN_ISSUER = "flotilla-login";
const CLOCK_TOLERANCE_SECONDS = 5;

export interface VerifyOptions {
  /** The login service's public keys: its own, or `createRemoteJWKSet` of its page. */
  readonly keys: JWTVerifyGetKey;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The player whom an access token names, without asking the login service. UNAUTHENTICATED for every other text. */
export async function verifyAccessToken(
  token: string,
  { keys, now }: VerifyOptions,
): Promise<Player> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      algorithms: [TOKEN_ALGORITHM],
      typ: TOKEN_TYPE,
      issuer: TOKEN_ISSUER,
      requiredClaims: ["sub", "sid", "exp", "iat"],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: new Date(now()),
    });
    const { sub, sid } = payload;
    if (typeof sub === "string" && typeof sid === "string") return { userId: sub, sessionId: sid };
  } catch (error) {
    if (error instanceof errors.JWTExpired)
      throw new FleetError("UNAUTHENTICATED", "token expired");
    if (!(error instanceof errors.JOSEError) || isOutage(error)) throw error;
  }
  throw new FleetError("UNAUTHENTICATED", "token invalid");
}

/** The keys could not be fetched: that is no fault of the token. */
function isOutage(error: errors.JOSEError): boolean {
  const { JOSEError, JWKSInvalid, JWKSTimeout } = errors;
  return (
    error instanceof JWKSTimeout || error instanceof JWKSInvalid || error.constructor === JOSEError
  );
}
