import {
  ERRORS,
  type ErrorCode,
  type FleetError,
  isFleetError,
  messageOf,
} from "../core/std/errors.ts";
import { isObject } from "../core/std/json.ts";

/** How a command ends that has said everything already: with the exit code of what it ran. */
export class ExitCode extends Error {
  readonly code: number;
  constructor(code: number) {
    super(`exit code ${code}`);
    this.code = code;
  }
}

/** An error as a person reads it: what happened (and where, one line each), what to do next, the exit code. */
export interface Explained {
  readonly cause: string;
  readonly problems: readonly string[];
  readonly next: string;
  readonly exit: number;
}

// biome-ignore format: a list
const NEXT: Readonly<Record<ErrorCode, string>> = {
  INVALID: "correct it and try again",
  BAD_REQUEST: "see `flotilla --help`, or the command's own --help",
  UNAUTHENTICATED: "name the right token: --token-file FILE, or the state folder of this control plane: --state FOLDER",
  FORBIDDEN: "use a token of a wider scope: `flotilla token path admin` says where it lies",
  NOT_FOUND: "`flotilla get KIND` shows what there is (-A for all namespaces)",
  METHOD_NOT_ALLOWED: "see `flotilla --help` for what can be done with this kind",
  ALREADY_EXISTS: "choose another name, or change the one there is: `flotilla apply -f`",
  CONFLICT: "somebody else changed it at the same time: try again",
  EXPIRED: "start again: what was asked for is no longer kept",
  TOO_LARGE: "send less at once",
  KEY_REUSED: "use a new idempotency key for a new request",
  FAILED_PRECONDITION: "mend what the message names, then try again",
  OUT_OF_RANGE: "correct it and try again",
  EXHAUSTED: "wait for free capacity, or add some: `flotilla scale`, `flotilla get nodes -o wide`",
  CANCELLED: "nothing more was done",
  INTERNAL: "this is a bug: the server's log has the details (`logs` in the state folder)",
  UNSUPPORTED: "leave it out, or use another way",
  UNAVAILABLE: "is it up? start it with `flotilla up`, or name another: --api URL",
  STORAGE_FULL: "free some disk space; it recovers by itself",
  TIMEOUT: "try again; `flotilla doctor` checks the machine",
};

function problemsOf(error: FleetError): string[] {
  const { problems } = error.details;
  if (!Array.isArray(problems)) return [];
  return problems
    .filter(isObject)
    .map(({ path, message }) => `${path ? `${path}: ` : ""}${message}`);
}

/** A message that tells its problems too is cut before them, unless there is one only: nothing is said twice. */
function causeOf(
  message: string,
  problems: readonly string[],
): Pick<Explained, "cause" | "problems"> {
  const at = problems[0] === undefined ? -1 : message.indexOf(problems[0]);
  if (at < 0) return { cause: message, problems };
  if (problems.length === 1) return { cause: message, problems: [] };
  return { cause: message.slice(0, at).replace(/[:;\s]+$/, ""), problems };
}

/** Turns whatever was thrown into lines for a person. An unexpected one keeps its first stack line. */
export function explain(error: unknown): Explained {
  if (!isFleetError(error))
    return { cause: messageOf(error), problems: [], next: NEXT.INTERNAL, exit: 1 };
  const { next } = error.details;
  return {
    ...causeOf(error.message, problemsOf(error)),
    next: typeof next === "string" ? next : NEXT[error.code],
    exit: ERRORS[error.code].exit,
  };
}

/** Two lines, and one for each problem between them. */
export function errorText(error: unknown): string {
  const { cause, problems, next } = explain(error);
  return [`error: ${cause}`, ...problems.map((p) => `  - ${p}`), `next:  ${next}`, ""].join("\n");
}
