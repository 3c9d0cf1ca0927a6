type Row = { readonly http: number; readonly grpc: number; readonly exit: number };
const row = (http: number, grpc: number, exit: number): Row => ({ http, grpc, exit });

// biome-ignore format: a list
export type ErrorCode =
  | "INVALID" | "BAD_REQUEST" | "UNAUTHENTICATED" | "FORBIDDEN" | "NOT_FOUND"
  | "METHOD_NOT_ALLOWED" | "ALREADY_EXISTS" | "CONFLICT" | "EXPIRED" | "TOO_LARGE" | "KEY_REUSED"
  | "FAILED_PRECONDITION" | "OUT_OF_RANGE" | "EXHAUSTED" | "CANCELLED" | "INTERNAL"
  | "UNSUPPORTED" | "UNAVAILABLE" | "STORAGE_FULL" | "TIMEOUT";

/** Every expected failure: its HTTP status, its gRPC code (google.rpc.Code) and the CLI's exit code. */
// biome-ignore format: a table is read by its columns
export const ERRORS: Readonly<Record<ErrorCode, Row>> = {
  //                       http  grpc exit
  INVALID:              row(422,  3, 2),
  BAD_REQUEST:          row(400,  3, 2),
  UNAUTHENTICATED:      row(401, 16, 4),
  FORBIDDEN:            row(403,  7, 4),
  NOT_FOUND:            row(404,  5, 5),
  METHOD_NOT_ALLOWED:   row(405, 12, 2),
  ALREADY_EXISTS:       row(409,  6, 6),
  CONFLICT:             row(409, 10, 6),
  EXPIRED:              row(410, 11, 6),
  TOO_LARGE:            row(413,  8, 2),
  KEY_REUSED:           row(422,  3, 2),
  FAILED_PRECONDITION:  row(409,  9, 6),
  OUT_OF_RANGE:         row(400, 11, 2),
  EXHAUSTED:            row(429,  8, 7),
  CANCELLED:            row(499,  1, 8),
  INTERNAL:             row(500, 13, 1),
  UNSUPPORTED:          row(501, 12, 2),
  UNAVAILABLE:          row(503, 14, 8),
  STORAGE_FULL:         row(507,  8, 7),
  TIMEOUT:              row(504,  4, 8),
};

/** One problem of a request: `path` is a JSON path such as `spec.ports[0].containerPort`. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

/** An expected failure. Messages are lowercase, without a period, and name the object. */
export class FleetError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;
  constructor(
    code: ErrorCode,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "FleetError";
    this.code = code;
    this.details = details;
  }
}

/** True when `error` is an expected failure, of the given code if one is named. */
export function isFleetError(error: unknown, code?: ErrorCode): error is FleetError {
  return error instanceof FleetError && (code === undefined || error.code === code);
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
