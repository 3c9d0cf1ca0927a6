import { MongoError, MongoNetworkError, MongoNetworkTimeoutError, MongoServerError } from "mongodb";
import { FleetError, messageOf } from "../../core/std/errors.ts";

const DUPLICATE_KEY = 11_000;
/** Answers of a server that is no primary any more, is shutting down or has lost its network: another try may succeed. */
const PASSING = new Set([
  6, 7, 89, 91, 134, 189, 262, 9001, 10_107, 11_600, 11_602, 13_435, 13_436,
]);

/** A socket's own errors, which the driver hands on as they are when a write meets one. */
const SOCKET = new Set(["EPIPE", "ECONNRESET", "ECONNREFUSED", "ECONNABORTED", "ETIMEDOUT"]);

function isSocketError(error: unknown): boolean {
  return error instanceof Error && SOCKET.has(String((error as NodeJS.ErrnoException).code));
}

/** What a client says for ever once its first connection failed, or it was closed: another client must take over. */
const CLOSED = ["MongoTopologyClosedError", "MongoServerClosedError", "MongoClientClosedError"];

export function isSpent(error: unknown): boolean {
  return error instanceof MongoError && CLOSED.includes(error.name);
}

/** True when the same command may succeed a moment later: the connection or the primary was lost in the middle. */
export function isPassing(error: unknown): boolean {
  if (error instanceof MongoNetworkTimeoutError) return false;
  if (isSpent(error)) return true;
  if (error instanceof MongoNetworkError || isSocketError(error)) return true;
  if (error instanceof MongoError && error.name === "MongoPoolClearedError") return true;
  return error instanceof MongoServerError && PASSING.has(Number(error.code));
}

/** True when a unique index refused a write, or documents that are there refuse the index. */
export function isDuplicate(error: unknown): error is MongoServerError {
  if (!(error instanceof MongoServerError)) return false;
  // FerretDB hands on its own store's words when an index cannot be made.
  const isForeign = error.message.includes("UNIQUE constraint failed");
  return error.code === DUPLICATE_KEY || isForeign;
}

/** The unique index that refused a write, where the server says which. */
export function namedIndex({ message }: MongoServerError): string | undefined {
  return /index: (\S+) dup key/.exec(message)?.[1];
}

/** Whatever the driver threw, in our words; what is no failure of the server stays as it is. */
export function unavailable(hosts: string, error: unknown): unknown {
  if (!(error instanceof MongoError) && !isSocketError(error)) return error;
  const message = `MongoDB at ${hosts} did not do it: ${messageOf(error)}`;
  return new FleetError("UNAVAILABLE", message, { hosts }, error);
}
