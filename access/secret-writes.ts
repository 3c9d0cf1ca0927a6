import { FleetError } from "../core/std/errors.ts";
import { isObject, sameJson } from "../core/std/json.ts";
import type { Principal } from "./tokens.ts";

/** Members beside `volumes` that anybody who may write may change: they start and stop, and run nothing else. */
const HARMLESS = ["running", "restartedAt"];
const DEPTH_MAX = 20;

/**
 * Throws FORBIDDEN when somebody other than an admin writes what shows a secret to a container: the volumes, or anything
 * beside them that could tell it, such as the command. Scaling, starting and stopping what an admin wrote is fine.
 */
export function demandSecretWrites(
  principal: Principal | undefined,
  before: unknown,
  after: unknown,
): void {
  if (principal?.scope === "admin") return;
  const known = showingSecrets(before).map(withoutHarmless);
  const isKnown = (one: object): boolean =>
    known.some((other) => sameJson(other, withoutHarmless(one)));
  if (showingSecrets(after).every(isKnown)) return;
  throw new FleetError(
    "FORBIDDEN",
    "only an admin writes containers that are shown secrets: a command of theirs could tell them",
  );
}

/** Everything with `volumes` of which one is a secret, wherever it stands. */
function showingSecrets(value: unknown, depth = 0): readonly object[] {
  if (depth > DEPTH_MAX || typeof value !== "object" || value === null) return [];
  const inside = Object.values(value).flatMap((one) => showingSecrets(one, depth + 1));
  if (!isObject(value) || !Array.isArray(value.volumes)) return inside;
  const shows = value.volumes.some((volume) => isObject(volume) && isObject(volume.secret));
  return shows ? [value, ...inside] : inside;
}

function withoutHarmless(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !HARMLESS.includes(key)));
}
