import { parseRfc3339 } from "../std/clock.ts";
import { percentOf } from "./int-or-percent.ts";
import { isIpv4, parseCidr } from "./ip.ts";
import { milliOf, unitsOf } from "./quantity.ts";
import type { Format, Schema } from "./schema.ts";
import { found } from "./schema-words.ts";
import { WAIT_FORM, waitMsOf } from "./wait-up-to.ts";

/** What is wrong with `value` under `format`; undefined when nothing is. */
export function formatProblem(format: Format, schema: Schema, value: unknown): string | undefined {
  const wanted = CHECKS[format](value, schema);
  return wanted === undefined ? undefined : `must be ${wanted}, found ${found(value)}`;
}

/** Each answers with what was wanted, or undefined when the value is it. */
const CHECKS: Readonly<Record<Format, (value: unknown, schema: Schema) => string | undefined>> = {
  "int-or-percent": (value, { minimum = 0 }) => {
    const percent = percentOf(value);
    const fits =
      percent === undefined
        ? Number.isSafeInteger(value) && (value as number) >= minimum
        : percent >= 1 && percent <= 99;
    return fits ? undefined : `a whole number from ${minimum} or a percentage from 1% to 99%`;
  },
  quantity: (value) =>
    (milliOf(value) ?? unitsOf(value) ?? -1) >= 0
      ? undefined
      : "a quantity that is not negative, such as 500m, 1.5 or 200Mi",
  wait: (value) => (waitMsOf(value) === undefined ? WAIT_FORM : undefined),
  // A string of the right type only: another type has its own problem already.
  "date-time": (value) =>
    typeof value !== "string" || parseRfc3339(value) !== undefined
      ? undefined
      : "a time such as 2026-01-31T12:00:00Z",
  ipv4: (value) =>
    typeof value !== "string" || isIpv4(value) ? undefined : "an IPv4 address such as 10.0.0.1",
  "ipv4-cidr": (value) =>
    typeof value !== "string" || parseCidr(value) ? undefined : "a subnet such as 11.11.11.0/24",
};
