import { isFleetError } from "../../core/std/errors.ts";
import type { Collection, CollectionSpec } from "../../store/documents/document-store.ts";
import { SharedReads } from "./shared-reads.ts";

/** One document that is written after every change: its version tells whether any list can be another one. */
export type Mark = Readonly<Record<string, never>>;

export const MARKS: CollectionSpec<Mark> = {
  name: "marks",
  fields: {},
  unique: {},
  indexes: {},
  migrations: [],
};

const LISTS = "lists";

/**
 * Whether lists have changed, over all processes: who changes an asset touches the mark before it answers, so a page that
 * was read under a version of the mark is good while that is the version.
 */
export class ListRevision {
  readonly #marks: Collection<Mark>;
  readonly #reads = new SharedReads<string>();
  readonly #touches = new SharedReads<void>();

  constructor(marks: Collection<Mark>) {
    this.#marks = marks;
  }

  read(): Promise<string> {
    return this.#reads.read(LISTS, async () => (await this.#marks.get(LISTS))?.version ?? "");
  }

  /** To be called after a change, before it is answered; those who call together share one write. */
  touch(): Promise<void> {
    return this.#touches.read(LISTS, () => this.#touch());
  }

  async #touch(): Promise<void> {
    const kept = await this.#marks.get(LISTS);
    if (!kept) {
      await this.#marks.insertOnce(LISTS, {});
      return;
    }
    await this.#marks.replace(LISTS, kept.version, {}).catch((error) => {
      // Somebody else has touched it meanwhile, which is after the change too.
      if (!isFleetError(error, "CONFLICT")) throw error;
    });
  }
}
