import { ERRORS, FleetError, isFleetError, type Problem } from "../../core/std/errors.ts";
import { isObject } from "../../core/std/json.ts";

/** What every answer of a service looks like, with more members beside these where a route says so. */
export interface Success {
  readonly code: 1;
  readonly message: object;
}
export interface Failure {
  readonly code: 0;
  /** One of the fixed texts that a route names. */
  readonly message: string;
  /** What is wrong where, for a bad request. */
  readonly details?: readonly Problem[];
  readonly request_id: string;
}

export function badRequest(problems: readonly Problem[]): FleetError {
  return new FleetError("BAD_REQUEST", "bad request", { problems });
}

/** The one place where a failure becomes an answer. What nobody expected says nothing of the inside. */
export function failureOf(
  error: unknown,
  requestId: string,
): { readonly status: number; readonly body: Failure; readonly retryAfterSeconds?: number } {
  const { code, message, details } = expected(error);
  const { problems, retryAfterSeconds, status = ERRORS[code].http } = details;
  const body: Failure = {
    code: 0,
    message,
    ...(Array.isArray(problems) ? { details: problems } : {}),
    request_id: requestId,
  };
  const seconds = typeof retryAfterSeconds === "number" ? { retryAfterSeconds } : {};
  return { status: Number(status), body, ...seconds };
}

/** Any thrown thing as an expected failure; what nobody expected becomes INTERNAL. */
export function expected(error: unknown): FleetError {
  if (isFleetError(error)) return told(error);
  const status = isObject(error) ? error.statusCode : undefined;
  if (status === 413) return new FleetError("TOO_LARGE", "body too large");
  if (status === 415) return new FleetError("BAD_REQUEST", "unsupported media type", { status });
  if (typeof status === "number" && status >= 400 && status < 500)
    return badRequest([{ path: "", message: "the body must be JSON" }]);
  return new FleetError("INTERNAL", "something went wrong inside", {}, error);
}

/** The store's words are for operators: players hear that it is away or full. */
function told(error: FleetError): FleetError {
  if (error.details.retryAfterSeconds !== undefined) return error;
  if (error.code === "STORAGE_FULL")
    return new FleetError(error.code, "no space left", { retryAfterSeconds: 60 }, error);
  if (error.code === "UNAVAILABLE" || error.code === "TIMEOUT")
    return new FleetError(
      error.code,
      "not available at the moment",
      { retryAfterSeconds: 1 },
      error,
    );
  if (error.code === "EXHAUSTED")
    return new FleetError(
      "UNAVAILABLE",
      "too much to do at the moment",
      { retryAfterSeconds: 1 },
      error,
    );
  if (error.details.collection !== undefined)
    return new FleetError(error.code, wordOf(error), {}, error);
  return error;
}

/** A failure of the store that no route gave a text of its own. */
function wordOf({ code }: FleetError): string {
  if (code === "CONFLICT") return "changed meanwhile";
  if (code === "NOT_FOUND") return "not found";
  return code === "ALREADY_EXISTS" ? "already exists" : "not possible";
}
