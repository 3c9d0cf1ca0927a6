import { randomUUID } from "node:crypto";
import { FleetError, isFleetError, messageOf } from "../../core/std/errors.ts";
import type { Logger } from "../../core/std/logger.ts";
import type { Collection, Kept } from "../../store/documents/document-store.ts";
import type { Asset } from "./collections.ts";
import {
  NO_USE,
  type Pending,
  type QuotaLimits,
  reserve,
  type Sizes,
  settle,
  type Usage,
} from "./decide-usage.ts";

export interface QuotaOptions {
  readonly assets: Collection<Asset>;
  readonly usages: Collection<Usage>;
  readonly limits: QuotaLimits;
  readonly now: () => number;
  readonly logger: Logger;
}

/** A change that counts. */
export interface Counted {
  readonly owner: string;
  readonly asset: string;
  readonly isNew: boolean;
  readonly delta: Sizes;
}

const TRIES_MAX = 64;
/** No write takes so long: what is still pending belongs to a process that died. */
const LEFT_BEHIND_MS = 60_000;

/**
 * What users have, counted before it is written: a change is noted as pending in the user's usage, written with the
 * note's id in its asset, and settled. A process that dies between leaves the note; whoever comes next looks at the
 * asset, which says whether it was made. So the count is exact over processes and kills, without a write over two
 * documents.
 */
export class Quota {
  readonly #options: QuotaOptions;

  constructor(options: QuotaOptions) {
    this.#options = options;
  }

  /** Counts a change, lets `write` make it under an id, and counts it back when it was not made. FORBIDDEN over a limit. */
  async count<R>(counted: Counted, write: (op: string) => Promise<R>): Promise<R> {
    const op = randomUUID();
    await this.#reserve(counted, op);
    try {
      const written = await write(op);
      await this.#finish(counted, op);
      return written;
    } catch (error) {
      // Whether it was written is not known yet: whoever comes next finds out.
      const isOpen = isFleetError(error, "UNAVAILABLE") || isFleetError(error, "TIMEOUT");
      if (!isOpen) await this.#finish(counted, op);
      throw error;
    }
  }

  async #reserve({ owner, asset, isNew, delta }: Counted, op: string): Promise<void> {
    const { limits, now } = this.#options;
    const pending: Pending = { op, is_new: isNew, delta, at: now() };
    await this.#change(owner, async (usage) =>
      reserve(await this.#settled(usage, asset), asset, pending, limits),
    );
  }

  /** The usage without the notes of processes that died, and without one of `asset`: that has one change at a time. */
  async #settled(usage: Usage, asset: string): Promise<Usage> {
    let next = usage;
    for (const [id, pending] of Object.entries(usage.pending)) {
      const isLeft = this.#options.now() - pending.at >= LEFT_BEHIND_MS;
      if (id === asset || isLeft) next = settle(next, id, await this.#isMade(id, pending));
    }
    return next;
  }

  /** Looks at the asset; a change that was not made cannot be made any more afterwards. */
  async #isMade(id: string, { op, is_new }: Pending): Promise<boolean> {
    const { assets } = this.#options;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const found = await assets.get(id);
      if (!found || is_new) return found !== undefined;
      if (found.body.op === op) return true;
      const fenced = await this.#fence(found);
      if (fenced) return false;
    }
    throw new FleetError("CONFLICT", "changed meanwhile");
  }

  /** Whoever has the asset as it was before has to read it again, and sees another `op`. */
  async #fence({ id, version, body }: Kept<Asset>): Promise<boolean> {
    try {
      await this.#options.assets.replace(id, version, { ...body, op: randomUUID() });
      return true;
    } catch (error) {
      if (!isFleetError(error, "CONFLICT")) throw error;
      return false;
    }
  }

  /** Our own change is over, so one look says how it went. What fails here is left for whoever comes next. */
  async #finish({ owner, asset }: Counted, op: string): Promise<void> {
    const { assets, logger } = this.#options;
    const settled = this.#change(owner, async (usage) => {
      const pending = usage.pending[asset];
      if (pending?.op !== op) return usage;
      const found = await assets.get(asset);
      const isMade = pending.is_new ? found !== undefined : found?.body.op === op;
      return settle(usage, asset, isMade);
    });
    await settled.catch((error) =>
      logger.warn({ because: messageOf(error) }, "a change of an asset is settled later"),
    );
  }

  async #change(owner: string, decide: (usage: Usage) => Promise<Usage>): Promise<void> {
    const { usages } = this.#options;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const { version, body } =
        (await usages.get(owner)) ?? (await usages.insertOnce(owner, NO_USE)).kept;
      const next = await decide(body);
      if (next === body) return;
      try {
        await usages.replace(owner, version, next);
        return;
      } catch (error) {
        if (!isFleetError(error, "CONFLICT")) throw error;
      }
    }
    throw new FleetError("CONFLICT", "changed meanwhile");
  }
}
