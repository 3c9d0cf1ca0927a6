import { ErrorCode, ServerError } from "@colyseus/core";
import { type JoinClaims, JoinRefused, type JoinTokens } from "./join-tokens.ts";
import { log } from "./log.ts";

/** Who may come in: those with a join token only, or others too, into rooms of their own. */
export type TokensWanted = "required" | "optional";

/** What is known of somebody who was let in: what the join token says, if there was one, and who the login service says it is. */
export interface Admission {
  readonly claims?: JoinClaims;
  readonly access?: Access;
}
/** What an access token of the login service says, once it is believed. */
export interface Access {
  readonly user: string;
  /** What others call the player. */
  readonly name: string;
  readonly token: string;
  /** Until when it counts, in milliseconds since 1970. */
  readonly until: number;
}

/** What a client may ask for; `room` and `cap` are not for it to say: the token does. */
export interface JoinOptions {
  token?: unknown;
  room?: unknown;
  cap?: unknown;
  readonly name?: unknown;
  /** An access token of the login service. */
  access?: unknown;
}

export interface EntranceOptions {
  readonly tokens?: JoinTokens;
  readonly wanted: TokensWanted;
  /** Looks at the access token that players must show, too, when they must; throws JoinRefused. */
  readonly access?: (token: unknown) => Promise<Access>;
}

/** Lets players in before Colyseus looks for a room, so that nobody makes a room who may not be in it. */
export class Entrance {
  readonly #options: EntranceOptions;
  /** Colyseus asks again with the same options when the room it chose has closed meanwhile: the token counts once. */
  readonly #admitted = new WeakMap<object, Admission>();

  constructor(options: EntranceOptions) {
    this.#options = options;
  }

  /** Writes into the options which room it is, by which Colyseus finds or makes one. */
  async admit(options: JoinOptions): Promise<Admission> {
    const known = this.#admitted.get(options);
    if (known) return known;
    try {
      const access = await this.#options.access?.(options.access);
      const claims = await this.#claimsOf(options, access?.user);
      const admission = { ...(claims ? { claims } : {}), ...(access ? { access } : {}) };
      delete options.token;
      delete options.access;
      Object.assign(options, { room: claims?.room ?? NO_ROOM, cap: claims?.cap });
      this.#admitted.set(options, admission);
      return admission;
    } catch (error) {
      if (!(error instanceof JoinRefused)) throw error;
      log("join refused", { because: error.reason });
      throw refusal(error);
    }
  }

  async #claimsOf({ token, room }: JoinOptions, player?: string): Promise<JoinClaims | undefined> {
    const { tokens, wanted } = this.#options;
    const isWithout = token === undefined && wanted === "optional";
    // Rooms of the platform are for those with a token, whatever is wanted elsewhere.
    if (isWithout && room !== undefined && room !== NO_ROOM) throw new JoinRefused("NoToken");
    if (isWithout) return undefined;
    if (!tokens) throw new JoinRefused("NotReady");
    return tokens.take(token, { room: typeof room === "string" ? room : undefined, player });
  }
}

/** The room id of those who came without a token: they meet each other, and nobody else. */
export const NO_ROOM = "";

/** What the client is told: the sentence holds the reason. */
export function refusal({ message }: JoinRefused): ServerError {
  return new ServerError(ErrorCode.AUTH_FAILED, message);
}
