import type { Labels } from "../../core/model/resource.ts";
import type { Room, Seat } from "../../core/model/room.ts";
import { parseRfc3339 } from "../../core/std/clock.ts";

/** How long a join token is good for, at most. */
const TOKEN_SECONDS = 60;

/** What a join token says: who may take which seat of which room, on which server, until when. */
export interface JoinClaims {
  readonly iss: "flotilla";
  /** Uid of the game server. */
  readonly aud: string;
  readonly sub: string;
  readonly jti: string;
  readonly ns: string;
  readonly room: string;
  readonly seat: string;
  readonly cap: number;
  readonly attrs: Labels;
  readonly iat: number;
  readonly exp: number;
}

/** Claims for a seat; they end with the seat, or after a minute. `jti` is new for every token. */
export function joinClaims(
  { metadata, spec, status }: Room,
  { id, seat }: { readonly id: string; readonly seat: Seat },
  { jti, nowMs }: { readonly jti: string; readonly nowMs: number },
): JoinClaims {
  const iat = Math.floor(nowMs / 1_000);
  const { expiresAt } = seat;
  const seatEnds = expiresAt === undefined ? undefined : parseRfc3339(expiresAt);
  const left = seatEnds === undefined ? TOKEN_SECONDS : Math.floor(seatEnds / 1_000) - iat;
  return {
    iss: "flotilla",
    aud: status.gameServerUid,
    sub: seat.player,
    jti,
    ns: metadata.namespace,
    room: metadata.name,
    seat: id,
    cap: spec.capacity,
    attrs: spec.attributes,
    iat,
    exp: iat + Math.min(TOKEN_SECONDS, left),
  };
}
