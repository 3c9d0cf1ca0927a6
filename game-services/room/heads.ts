import { FleetError, isFleetError, messageOf } from "../../core/std/errors.ts";
import type { Logger } from "../../core/std/logger.ts";
import type { Collection } from "../../store/documents/document-store.ts";
import type { KeyedLine } from "../service/keyed-line.ts";
import type { MapHead } from "./collections.ts";
import type { Contents } from "./contents.ts";
import type { Role } from "./decide-access.ts";
import type { NextHead } from "./decide-history.ts";
import { type Seen, seenBy } from "./maps.ts";

export interface HeadsOptions {
  readonly maps: Collection<MapHead>;
  readonly contents: Contents;
  /** Changes of one map, one at a time in each process; other processes are met by compare-and-swap. */
  readonly line: KeyedLine;
  readonly logger: Logger;
}

/** What is to be; undefined leaves all as it is, "again" asks to look once more. */
export type Decision = (NextHead & { readonly wrote?: string }) | undefined | "again";

export interface Swap {
  readonly id: string;
  readonly userId: string;
  readonly signal: AbortSignal;
  /** Whether somebody may do this; FORBIDDEN for those who see the map and may not. */
  readonly may: (role: Role) => boolean;
  /** Called again when somebody else wrote first. */
  readonly decide: (seen: Seen) => Promise<Decision> | Decision;
}

const TRIES_MAX = 32;
const TENDED_MAX = 10_000;

/** Changes of maps: read, decide, and swap until nobody comes between. */
export class Heads {
  readonly #options: HeadsOptions;
  /** Maps whose leftovers were looked for since this process began. */
  readonly #tended = new Set<string>();

  constructor(options: HeadsOptions) {
    this.#options = options;
  }

  async swap(swap: Swap): Promise<Seen> {
    return await this.#options.line.run(swap.id, swap.signal, () => this.#swap(swap));
  }

  async #swap({ id, userId, may, decide }: Swap): Promise<Seen> {
    const { maps } = this.#options;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const kept = await maps.get(id);
      const seen = seenBy(id, kept?.body, { userId });
      if (!kept || !may(seen.role)) throw new FleetError("FORBIDDEN", "not allowed");
      const next = await decide(seen);
      if (next === undefined) return seen;
      if (next === "again") continue;
      if (!(await this.#replace(id, kept.version, next))) continue;
      await this.#tidy(next);
      return { ...seen, head: next.head };
    }
    throw new FleetError("CONFLICT", "changed meanwhile");
  }

  /** False when somebody else wrote first: then what was written for this is of no use. */
  async #replace(
    id: string,
    expected: string,
    { head, wrote }: NextHead & { readonly wrote?: string },
  ): Promise<boolean> {
    const { maps, contents } = this.#options;
    try {
      await maps.replace(id, expected, head);
      return true;
    } catch (error) {
      const isLost = isFleetError(error, "CONFLICT") || isFleetError(error, "NOT_FOUND");
      if (!isLost) throw error;
      await contents.remove(wrote === undefined ? [] : [wrote]);
      return false;
    }
  }

  /** The change is done, whatever becomes of this: what stays behind is found when the map is tended next time. */
  async #tidy({ head, dropped }: NextHead): Promise<void> {
    const { contents, logger } = this.#options;
    const isNew = !this.#tended.has(head.born);
    if (isNew) this.#tended.add(head.born);
    if (this.#tended.size > TENDED_MAX) this.#tended.clear();
    try {
      await contents.remove(dropped);
      if (isNew) await contents.sweep(head.born, head);
    } catch (error) {
      logger.warn({ because: messageOf(error) }, "old contents of a map were not removed");
    }
  }
}
