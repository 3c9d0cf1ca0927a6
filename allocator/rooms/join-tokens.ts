import type { Room, Seat } from "../../core/model/room.ts";
import { rfc3339 } from "../../core/std/clock.ts";
import { joinClaims } from "../decide/join-claims.ts";
import { type SeatView, seatView } from "../decide/room-views.ts";

/** Signs for games that check without calling home. */
export interface JoinSigner {
  /** The public keys as a JSON array. */
  readonly publicText: string;
  /** A compact JWT. */
  sign(claims: object): string;
}
export interface JoinTokensOptions {
  readonly signer: JoinSigner;
  readonly now: () => number;
  /** 128 random bits, base64url. */
  readonly newJti: () => string;
}

/** The seat as its player gets it, with a token of its own. */
export function withToken(
  { signer, now, newJti }: JoinTokensOptions,
  room: Room,
  given: { readonly id: string; readonly seat: Seat },
): SeatView {
  const claims = joinClaims(room, given, { jti: newJti(), nowMs: now() });
  return {
    ...seatView(room, given.id, given.seat),
    token: signer.sign(claims),
    tokenExpiresAt: rfc3339(claims.exp * 1_000),
  };
}
