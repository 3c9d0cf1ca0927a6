import { FleetError, isFleetError } from "../../core/std/errors.ts";
import type { Collection, Kept } from "./document-store.ts";

export interface ChangeOptions<T extends object> {
  readonly collection: Collection<T>;
  readonly id: string;
  /** Pure: called again when somebody else wrote first. Undefined leaves the document as it is. */
  readonly decide: (body: T) => T | undefined;
  readonly triesMax: number;
}

/** Reads, decides and swaps until nobody comes between; NOT_FOUND, or CONFLICT after `triesMax` lost races. */
export async function changeDocument<T extends object>({
  collection,
  id,
  decide,
  triesMax,
}: ChangeOptions<T>): Promise<Kept<T>> {
  let lost: FleetError | undefined;
  for (let tries = 0; tries < triesMax; tries++) {
    const found = await collection.get(id);
    if (!found) throw new FleetError("NOT_FOUND", `there is no ${id}`, { id });
    const next = decide(found.body);
    if (next === undefined) return found;
    try {
      return await collection.replace(id, found.version, next);
    } catch (error) {
      if (!isFleetError(error, "CONFLICT")) throw error;
      lost = error;
    }
  }
  throw lost ?? new FleetError("CONFLICT", `${id} was changed meanwhile`, { id });
}
