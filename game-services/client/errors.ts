// biome-ignore format: a list
export type FlotillaErrorCode =
  // What the control plane answers.
  | "INVALID" | "BAD_REQUEST" | "UNAUTHENTICATED" | "FORBIDDEN" | "NOT_FOUND" | "ALREADY_EXISTS" | "CONFLICT" | "EXPIRED"
  | "TOO_LARGE" | "KEY_REUSED" | "FAILED_PRECONDITION" | "EXHAUSTED" | "UNAVAILABLE" | "STORAGE_FULL" | "INTERNAL"
  // What happens on the way to it, and to the game.
  | "NETWORK" | "TIMEOUT" | "REFUSED" | "LEFT";

/** Kubernetes' words for a failure, which the control plane answers with. */
const CODES: Readonly<Record<string, FlotillaErrorCode>> = {
  Invalid: "INVALID",
  BadRequest: "BAD_REQUEST",
  Unauthorized: "UNAUTHENTICATED",
  Forbidden: "FORBIDDEN",
  NotFound: "NOT_FOUND",
  AlreadyExists: "ALREADY_EXISTS",
  Conflict: "CONFLICT",
  Expired: "EXPIRED",
  RequestEntityTooLarge: "TOO_LARGE",
  KeyReused: "KEY_REUSED",
  FailedPrecondition: "FAILED_PRECONDITION",
  TooManyRequests: "EXHAUSTED",
  ServiceUnavailable: "UNAVAILABLE",
  InsufficientStorage: "STORAGE_FULL",
  Timeout: "TIMEOUT",
};

export interface FlotillaErrorDetails {
  /** The HTTP status of the answer, when there was one. */
  readonly status?: number;
  /** When it may be worth to ask again: the server's word. */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** Whatever goes wrong between a player and its seat. An abort by the caller's signal is none: then its reason is thrown. */
export class FlotillaError extends Error {
  readonly code: FlotillaErrorCode;
  readonly status: number | undefined;
  readonly retryAfterSeconds: number | undefined;
  constructor(code: FlotillaErrorCode, message: string, details: FlotillaErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "FlotillaError";
    this.code = code;
    this.status = details.status;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}

export function isFlotillaError(error: unknown, code?: FlotillaErrorCode): error is FlotillaError {
  return error instanceof FlotillaError && (code === undefined || error.code === code);
}

/** The failure that an answer means: a Kubernetes Status, or whatever something on the way put in its place. */
export function errorOf(response: Response, text: string): FlotillaError {
  const { status } = response;
  const { reason, message } = statusIn(text);
  const known = reason === undefined ? undefined : CODES[reason];
  const code =
    known ?? (status === 503 ? "UNAVAILABLE" : status === 429 ? "EXHAUSTED" : "INTERNAL");
  const retryAfterSeconds = secondsOf(response.headers.get("retry-after"));
  return new FlotillaError(code, message ?? `the control plane answered ${status}`, {
    status,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}

function statusIn(text: string): { readonly reason?: string; readonly message?: string } {
  try {
    const found: unknown = JSON.parse(text);
    return typeof found === "object" && found !== null ? found : {};
  } catch {
    return {};
  }
}

function secondsOf(header: string | null): number | undefined {
  const seconds = Number(header ?? "");
  return header !== null && header !== "" && seconds >= 0 ? seconds : undefined;
}
