import { ERRORS, type ErrorCode, FleetError } from "../../core/std/errors.ts";
import { isObject } from "../../core/std/json.ts";

/** `{code, message}` as it came from the other side, as a FleetError; an unknown code becomes INTERNAL. */
export function fleetErrorFrom(value: unknown): FleetError {
  const { code, message } = isObject(value) ? value : {};
  const known = typeof code === "string" && Object.hasOwn(ERRORS, code);
  return new FleetError(
    known ? (code as ErrorCode) : "INTERNAL",
    typeof message === "string" ? message : "the other side gave no reason",
  );
}
