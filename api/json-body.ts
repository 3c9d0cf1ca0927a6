import { FleetError, messageOf } from "../core/std/errors.ts";

/** JSON from outside. Refuses a member named `__proto__`: what merges objects must never meet one. */
export function parseJson(text: string): unknown {
  if (text.includes("__proto__"))
    throw new FleetError("BAD_REQUEST", "the body names __proto__, which no field is called");
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FleetError("BAD_REQUEST", `the body is not JSON: ${messageOf(error)}`);
  }
}
