import type { Schema } from "../../core/model/schema.ts";
import type { ErrorCode } from "../../core/std/errors.ts";

/** Who may call: anybody, a player with an access token, or an operator with the service's own token. */
export type Access = "open" | "player" | "operator";

/** Whom an access token names. */
export interface Player {
  readonly userId: string;
  readonly sessionId: string;
}

/** A request that was checked: its body and query are what the route's schemas say. */
export interface Asked<B> {
  readonly body: B;
  readonly query: Readonly<Record<string, string | number>>;
  readonly address: string;
  /** Present on routes for players. */
  readonly player: Player | undefined;
  readonly idempotencyKey: string | undefined;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
}

export interface Answer {
  /** The route's own status unless given. */
  readonly status?: number;
  readonly message: object;
  /** Members beside `code` and `message`. */
  readonly beside?: object;
}

/** A failure that a route may end with, and its fixed text. */
export interface NamedFailure {
  readonly code: ErrorCode;
  readonly message: string;
}

/** One route: what is checked, what is described and what is done stand together. */
export interface ServiceRoute<B = never> {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly access: Access;
  readonly summary: string;
  readonly body?: Schema;
  readonly query?: Schema;
  readonly status: 200 | 201;
  /** Schemas of `message`, and of the members beside it. */
  readonly answer: Schema;
  readonly beside?: Readonly<Record<string, Schema>>;
  readonly failures: readonly NamedFailure[];
  readonly example: { readonly body?: object; readonly message: object; readonly beside?: object };
  /** True where an Idempotency-Key makes a repeated request the same one. */
  readonly isIdempotent?: boolean;
  readonly handle: (asked: Asked<B>) => Promise<Answer>;
}
