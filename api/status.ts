import {
  ERRORS,
  type ErrorCode,
  FleetError,
  isFleetError,
  type Problem,
} from "../core/std/errors.ts";
import { isObject } from "../core/std/json.ts";

/** Kubernetes' words for our codes; one word for one code, so that a client can tell them apart. */
// biome-ignore format: a table is read by its columns
const REASONS: Readonly<Record<ErrorCode, string>> = {
  INVALID: "Invalid", BAD_REQUEST: "BadRequest", UNAUTHENTICATED: "Unauthorized", FORBIDDEN: "Forbidden",
  NOT_FOUND: "NotFound", METHOD_NOT_ALLOWED: "MethodNotAllowed", ALREADY_EXISTS: "AlreadyExists",
  CONFLICT: "Conflict", EXPIRED: "Expired", TOO_LARGE: "RequestEntityTooLarge", KEY_REUSED: "KeyReused",
  FAILED_PRECONDITION: "FailedPrecondition", OUT_OF_RANGE: "OutOfRange", EXHAUSTED: "TooManyRequests",
  CANCELLED: "Cancelled", INTERNAL: "InternalError", UNSUPPORTED: "NotImplemented",
  UNAVAILABLE: "ServiceUnavailable", STORAGE_FULL: "InsufficientStorage", TIMEOUT: "Timeout",
};

export interface StatusCause {
  readonly reason: "FieldValueInvalid";
  readonly field: string;
  readonly message: string;
}
/** Kubernetes' answer when there is no object to answer with. */
export interface Status {
  readonly kind: "Status";
  readonly apiVersion: "v1";
  readonly metadata: Record<string, never>;
  readonly status: "Success" | "Failure";
  readonly message?: string;
  readonly reason?: string;
  readonly details?: {
    readonly group?: string;
    readonly kind?: string;
    readonly name?: string;
    readonly uid?: string;
    readonly causes?: readonly StatusCause[];
  };
  readonly code: number;
}

/** The code that a Status' reason stands for, for clients of the API. */
export function codeOfReason(reason: string): ErrorCode | undefined {
  const codes = Object.keys(REASONS) as ErrorCode[];
  return codes.find((code) => REASONS[code] === reason);
}

export function successStatus(details: NonNullable<Status["details"]>): Status {
  return { ...HEAD, status: "Success", details, code: 200 };
}

const HEAD = { kind: "Status", apiVersion: "v1", metadata: {} } as const;

/** The one place where a failure becomes an answer. What is no expected failure says nothing of the inside. */
export function statusOf(error: unknown): Status {
  const { code, message, details } = expected(error);
  const causes = causesOf(details.problems);
  const http = isUnknownMedia(error) ? 415 : ERRORS[code].http;
  return {
    ...HEAD,
    status: "Failure",
    message,
    reason: http === 415 ? "UnsupportedMediaType" : REASONS[code],
    ...(causes.length > 0 ? { details: { causes } } : {}),
    code: http,
  };
}

/** The `Retry-After` of a failure that says when to come again. */
export function retryAfterOf({ details }: FleetError): Record<string, string> {
  const seconds = details.retryAfterSeconds;
  return typeof seconds === "number" ? { "retry-after": `${seconds}` } : {};
}

/** Any thrown thing as an expected failure; what nobody expected becomes INTERNAL. */
export function expected(error: unknown): FleetError {
  if (isFleetError(error)) return error;
  if (error instanceof RangeError && error.message.includes("call stack"))
    return new FleetError("BAD_REQUEST", "the body is nested too deeply");
  const status = isObject(error) ? error.statusCode : undefined;
  const message = error instanceof Error ? error.message : "";
  if (status === 413) return new FleetError("TOO_LARGE", "the body is larger than 1 MiB");
  if (typeof status === "number" && status >= 400 && status < 500)
    return new FleetError("BAD_REQUEST", message.toLowerCase());
  return new FleetError("INTERNAL", "something went wrong inside; the log says more", {}, error);
}

function isUnknownMedia(error: unknown): boolean {
  return isObject(error) && error.statusCode === 415;
}

function causesOf(problems: unknown): StatusCause[] {
  if (!Array.isArray(problems)) return [];
  return (problems as Problem[]).map(({ path, message }) => ({
    reason: "FieldValueInvalid",
    field: path,
    message,
  }));
}
