import { createRemoteJWKSet, decodeJwt, type JWTVerifyGetKey } from "jose";
import type { Clock } from "../../core/std/clock.ts";
import { FleetError, isFleetError } from "../../core/std/errors.ts";
import { verifyAccessToken } from "./access-token.ts";
import type { Player } from "./route.ts";

export interface RemoteLoginOptions {
  /** The login service, such as `http://127.0.0.1:8711`. */
  readonly url: string;
  readonly clock: Clock;
}

interface Verified {
  readonly player: Player;
  /** Milliseconds since 1970, and of the clock that never goes back. */
  readonly expiresAt: number;
  readonly checkAgainAt: number;
}

const PAGE = "/.well-known/jwks.json";
const VERIFIED_MAX = 10_000;
/** So long a key that the login service withdrew may still be believed. */
const VERIFIED_MS = 60_000;

/**
 * Whom the login service's access tokens name. A token that was verified is believed for a minute without another look
 * at its signature, which costs more than most requests; never longer than it says itself.
 */
export class RemoteLogin {
  readonly #clock: Clock;
  readonly #keys: JWTVerifyGetKey;
  /** By token, the oldest first. */
  readonly #verified = new Map<string, Verified>();

  constructor({ url, clock }: RemoteLoginOptions) {
    this.#clock = clock;
    this.#keys = createRemoteJWKSet(new URL(url.replace(/\/$/, "") + PAGE));
  }

  /** UNAUTHENTICATED for what is no token (any more), UNAVAILABLE when the keys cannot be fetched. */
  async authenticate(token: string): Promise<Player> {
    const clock = this.#clock;
    const known = this.#verified.get(token);
    if (known && clock.monotonic() < known.checkAgainAt && clock.now() < known.expiresAt)
      return known.player;
    this.#verified.delete(token);
    const player = await this.#verify(token);
    const expiresAt = Number(decodeJwt(token).exp) * 1_000;
    this.#verified.set(token, {
      player,
      expiresAt,
      checkAgainAt: clock.monotonic() + VERIFIED_MS,
    });
    const [oldest] = this.#verified.keys();
    if (this.#verified.size > VERIFIED_MAX && oldest !== undefined) this.#verified.delete(oldest);
    return player;
  }

  async #verify(token: string): Promise<Player> {
    const now = (): number => this.#clock.now();
    return await verifyAccessToken(token, { keys: this.#keys, now }).catch((error) => {
      if (isFleetError(error)) throw error;
      throw new FleetError("UNAVAILABLE", "the login service is away", {}, error);
    });
  }
}
