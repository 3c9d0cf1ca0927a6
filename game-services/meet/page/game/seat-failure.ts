import { FlotillaError, type FlotillaErrorCode } from "../../../client/errors.ts";
import { Failure } from "../net/failure.ts";

const CODES: Readonly<Record<number, FlotillaErrorCode>> = {
  0: "NETWORK",
  401: "UNAUTHENTICATED",
  403: "FORBIDDEN",
  404: "NOT_FOUND",
  409: "CONFLICT",
  410: "EXPIRED",
  429: "EXHAUSTED",
  500: "INTERNAL",
  502: "UNAVAILABLE",
  503: "UNAVAILABLE",
  504: "TIMEOUT",
};

/** A failure of ours in the words of the client library, which knows by them whether to ask again. Pure. */
export function seatFailure(error: unknown): unknown {
  if (!(error instanceof Failure)) return error;
  const { status, text, retryAfterSeconds } = error;
  const more = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  return new FlotillaError(CODES[status] ?? "INVALID", text, { status, ...more, cause: error });
}
