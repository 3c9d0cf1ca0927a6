import { setImmediate } from "node:timers/promises";
import type { Collection, Kept } from "../../store/documents/document-store.ts";

export interface GroupedReadsOptions<T extends object> {
  readonly collection: Pick<Collection<T>, "getMany">;
  /** Documents of one read, at most the store's page. */
  readonly groupMax: number;
}

/**
 * Reads of single documents, of which many come at once: those of one turn of the loop, and those that come while a read
 * is under way, go out together, each document once. What is answered is never older than the request, so nothing has to
 * be forgotten in time.
 */
export class GroupedReads<T extends object> {
  readonly #options: GroupedReadsOptions<T>;
  #waiting = new Map<string, PromiseWithResolvers<Kept<T> | undefined>>();
  #isReading = false;

  constructor(options: GroupedReadsOptions<T>) {
    this.#options = options;
  }

  /** The document, which others may hold as well. */
  get(id: string): Promise<Kept<T> | undefined> {
    const waiting = this.#waiting.get(id) ?? Promise.withResolvers<Kept<T> | undefined>();
    this.#waiting.set(id, waiting);
    if (!this.#isReading) void this.#run();
    return waiting.promise;
  }

  async #run(): Promise<void> {
    this.#isReading = true;
    await setImmediate();
    while (this.#waiting.size > 0) {
      const group = [...this.#waiting].slice(0, this.#options.groupMax);
      for (const [id] of group) this.#waiting.delete(id);
      await this.#read(group);
    }
    this.#isReading = false;
  }

  async #read(
    group: readonly [string, PromiseWithResolvers<Kept<T> | undefined>][],
  ): Promise<void> {
    try {
      const found = await this.#options.collection.getMany(group.map(([id]) => id));
      const byId = new Map(found.map((kept) => [kept.id, kept]));
      for (const [id, { resolve }] of group) resolve(byId.get(id));
    } catch (error) {
      for (const [, { reject }] of group) reject(error);
    }
  }
}
