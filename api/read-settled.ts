import { isFleetError } from "../core/std/errors.ts";
import type { ResourceStore } from "../store/resource-store.ts";

/** A head that was taken back for lack of space is read again; only a store that loses its head all the time fails. */
const READ_TRIES_MAX = 5;

/**
 * What `read` finds in the head, once all of that is durable. Nothing that was never true is answered: when a commit
 * fails meanwhile, what is left is read again.
 */
export async function readSettled<T>(store: ResourceStore, read: () => T): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const found = read();
    try {
      await store.settled(store.revision);
      return found;
    } catch (error) {
      if (!isFleetError(error, "STORAGE_FULL") || attempt === READ_TRIES_MAX) throw error;
    }
  }
}
