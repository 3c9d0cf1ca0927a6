import type { Schema } from "../../core/model/schema.ts";
import type { ErrorCode } from "../../core/std/errors.ts";

/** Who may call: anybody, a player with an access token, an operator with the service's own token, or either of them. */
export type Access = "open" | "player" | "operator" | "player or operator";

/** Whom an access token names. */
export interface Player {
  readonly userId: string;
  readonly sessionId: string;
}

/** A request that was checked: its body, query and path are what the route's schemas say, and nothing in them is null. */
export interface Asked<B> {
  readonly body: B;
  readonly query: Readonly<Record<string, string | number>>;
  /** What stands in the place of each `:name` of the url. */
  readonly params: Readonly<Record<string, string>>;
  /** The one file of a form; present on routes with `upload`. */
  readonly file: Buffer | undefined;
  readonly address: string;
  /** Present on routes for players; where operators may call, too, it is absent for them. */
  readonly player: Player | undefined;
  /** The player's access token, for a service that is asked on the player's behalf. */
  readonly token: string | undefined;
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

/** A message that is JSON already. */
export interface TextAnswer {
  readonly text: string;
  /** Another one for each other message: who shows it again is told that nothing has changed. Without its quotes. */
  readonly etag?: string;
}

/** Bytes that never change under their ETag: anybody may keep them for ever. */
export interface FileAnswer {
  readonly bytes: Buffer;
  readonly type: string;
  /** Without its quotes. */
  readonly etag: string;
}

/** A form with one file; nothing of it is read before its sender is known. */
export interface Upload {
  /** The name of the form's one field. */
  readonly field: string;
  readonly bytesMax: number;
  /** Whoever takes longer to send it is cut off. */
  readonly timeoutMs: number;
  /** Uploads that may be under way at once; more are UNAVAILABLE. */
  readonly openMax: number;
  /** Those of one player among them; more are EXHAUSTED. */
  readonly openOfOneMax: number;
}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** A failure that a route may end with, and its fixed text. */
export interface NamedFailure {
  readonly code: ErrorCode;
  readonly message: string;
}

/** One route: what is checked, what is described and what is done stand together. */
export interface ServiceRoute<B = never> {
  readonly method: Method;
  /** With `:name` where something stands that `params` describes. */
  readonly url: string;
  readonly access: Access;
  readonly summary: string;
  readonly body?: Schema;
  readonly query?: Schema;
  readonly params?: Schema;
  /** Of a body; the service's own bound unless given. */
  readonly bodyBytesMax?: number;
  readonly upload?: Upload;
  /** The media types of a route that answers with files; HEAD goes with GET then. */
  readonly files?: readonly string[];
  readonly status: 200 | 201;
  /** Schemas of `message`, and of the members beside it. */
  readonly answer: Schema;
  readonly beside?: Readonly<Record<string, Schema>>;
  readonly failures: readonly NamedFailure[];
  readonly example: {
    readonly body?: object;
    readonly params?: Readonly<Record<string, string>>;
    readonly message: object;
    readonly beside?: object;
  };
  /** True where an Idempotency-Key makes a repeated request the same one. */
  readonly isIdempotent?: boolean;
  readonly handle: (asked: Asked<B>) => Promise<Answer | TextAnswer | FileAnswer>;
}
