import type { Clock } from "../../core/std/clock.ts";
import { isFleetError, messageOf } from "../../core/std/errors.ts";
import type { Logger } from "../../core/std/logger.ts";
import type { Collection } from "../../store/documents/document-store.ts";
import type { MapHead, Snapshot } from "./collections.ts";
import type { Contents } from "./contents.ts";

export interface RemovalOptions {
  readonly maps: Collection<MapHead>;
  readonly contents: Contents;
  readonly snapshots: Collection<Snapshot>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const PAGE = 20;
const LOOK_EVERY_MS = 60_000;

/** Clears deleted maps away. Their heads go last, so that whoever dies over it leaves something to go on from. */
export class Removal implements AsyncDisposable {
  readonly #options: RemovalOptions;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor(options: RemovalOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** Safe to repeat, by several processes, too. */
  async finish(id: string, head: MapHead): Promise<void> {
    const { maps, contents, snapshots } = this.#options;
    await contents.sweep(head.born, undefined);
    const snapshot = await snapshots.get(id);
    if (snapshot?.body.of === head.born)
      await snapshots.delete(id, snapshot.version).catch(unlessPassed);
    const kept = await maps.get(id);
    if (kept?.body.born === head.born) await maps.delete(id, kept.version).catch(unlessPassed);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, logger } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.#sweep().catch((error) => {
        logger.warn({ because: messageOf(error) }, "deleted maps were not cleared away");
      });
      await clock.sleep(LOOK_EVERY_MS, signal).catch(() => undefined);
    }
  }

  async #sweep(): Promise<void> {
    const query = { index: "deleted", equal: {}, limit: PAGE };
    const { items } = await this.#options.maps.find(query);
    for (const { id, body } of items) await this.finish(id, body);
  }
}

/** A document that somebody else changed or removed meanwhile. */
function unlessPassed(error: unknown): void {
  if (!isFleetError(error, "CONFLICT") && !isFleetError(error, "NOT_FOUND")) throw error;
}
