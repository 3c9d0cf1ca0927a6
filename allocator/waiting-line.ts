import type { Clock } from "../core/std/clock.ts";
import { FleetError } from "../core/std/errors.ts";

export interface WaitingLineOptions {
  readonly clock: Clock;
  /** Requests that may wait at once; more are refused with EXHAUSTED. */
  readonly waitersMax: number;
  /** Different things that may be waited for at once: each costs an attempt whenever something changes. */
  readonly groupsMax: number;
  /** Selectors of all groups: so many lists of candidates are kept, and an attempt never looks through all servers. */
  readonly selectorsMax: number;
  /** Requests that are served in one turn of the loop, so that others get theirs. */
  readonly servedPerTurnMax: number;
}
export const WAITING_BOUNDS: Omit<WaitingLineOptions, "clock"> = {
  waitersMax: 20_000,
  groupsMax: 128,
  selectorsMax: 384,
  servedPerTurnMax: 200,
};

/** What is waited for, as people are told it. */
export interface Wish {
  readonly what: "gameserver" | "room" | "seat";
  readonly namespace: string;
  /** On whose game servers; none: on anybody's. */
  readonly fleets: readonly string[];
}
/** Those who wait for the same. */
export interface WaitingGroup extends Wish {
  readonly requests: number;
  /** How long the first of them has waited. */
  readonly oldestMs: number;
}

export interface WaitRequest<T> {
  /** The same text for requests that want the same: when one of them finds nothing, the others would not either. */
  readonly group: string;
  readonly wish: Wish;
  /** Those that an attempt goes through; the same for all of a group. */
  readonly selectors?: number;
  /** How long it waits when nothing is there at once; 0: not at all. */
  readonly upToMs: number;
  /** Who asked has gone: then nothing is taken for it any more. */
  readonly signal?: AbortSignal;
  /** Takes what is wanted in one turn of the loop, or gives undefined; what it throws is the answer, too. */
  readonly attempt: () => T | Promise<T> | undefined;
  /** Nothing was there for so many: told of each at first, and then once a second of all in a group that wait. */
  readonly onMissed?: (count: number) => void;
}

interface Waiter {
  readonly order: number;
  readonly since: number;
  readonly wish: Wish;
  readonly attempt: () => unknown;
  readonly onMissed: ((count: number) => void) | undefined;
  readonly end: (outcome: { readonly value: unknown } | { readonly error: unknown }) => void;
}

const TELL_EVERY_MS = 1_000;
const RETRY_AFTER_SECONDS = 1;

/**
 * Requests that wait for a server, a room or a seat instead of being refused. Fair: what becomes free goes to the one
 * that has waited longest among those that can use it, and nobody who comes later is served before it.
 */
export class WaitingLine implements Disposable {
  readonly #options: WaitingLineOptions;
  /** In the order of arrival within each group. */
  readonly #groups = new Map<string, Set<Waiter>>();
  readonly #over = new AbortController();
  #size = 0;
  #selectors = 0;
  #arrived = 0;
  /** There while something has changed that nobody has been served from yet. */
  #serving: Promise<void> | undefined;
  /** Something changed while others were being served: those who found nothing may find something now. */
  #hasChanged = false;
  #isTelling = false;

  constructor(options: WaitingLineOptions) {
    this.#options = options;
  }

  /** Requests that wait. */
  get size(): number {
    return this.#size;
  }

  /** Of one group. */
  sizeOf(group: string): number {
    return this.#groups.get(group)?.size ?? 0;
  }

  /** Who waits for what; at most as many groups as there may be. */
  groups(): readonly WaitingGroup[] {
    const now = this.#options.clock.monotonic();
    return [...this.#groups.values()].flatMap((waiters) => {
      const [first] = waiters;
      return first ? [{ ...first.wish, requests: waiters.size, oldestMs: now - first.since }] : [];
    });
  }

  /**
   * What `attempt` takes, at once or within `upToMs`; undefined when the time is over. Throws EXHAUSTED when too many
   * wait already, CANCELLED when `signal` is aborted, UNAVAILABLE when the line is closed meanwhile.
   */
  async wait<T>(request: WaitRequest<T>): Promise<T | undefined> {
    // Who has waited longer comes first, also in the moment between a change and what is made of it.
    while (this.#serving) await this.#serving;
    const { group, upToMs, signal, attempt, onMissed } = request;
    if (signal?.aborted) throw cancelled();
    const taken = this.#groups.has(group) ? undefined : attempt();
    if (taken !== undefined) return taken;
    onMissed?.(1);
    return upToMs > 0 ? await this.#join(request) : undefined;
  }

  /** Something has changed that those who wait may use. Costs nothing while nobody waits. */
  wake(): void {
    if (this.#size === 0) return;
    this.#hasChanged = true;
    this.#serving ??= new Promise((resolve) => {
      const turn = (): void => {
        this.#hasChanged = false;
        if (this.#serveSome() || this.#hasChanged) setImmediate(turn);
        else {
          this.#serving = undefined;
          resolve();
        }
      };
      setImmediate(turn);
    });
  }

  /** Everybody who waits is told that nothing comes any more. */
  [Symbol.dispose](): void {
    const error = new FleetError("UNAVAILABLE", "the control plane is ending");
    this.#over.abort(error);
    for (const waiter of [...this.#groups.values()].flatMap((waiters) => [...waiters]))
      waiter.end({ error });
  }

  #join<T>(request: WaitRequest<T>): Promise<T | undefined> {
    const { group, wish, selectors = 1, upToMs, signal, attempt, onMissed } = request;
    this.#demandRoom(group, selectors);
    this.#over.signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<T | undefined>();
    const stop = new AbortController();
    const waiter: Waiter = {
      order: this.#arrived++,
      since: this.#options.clock.monotonic(),
      wish,
      attempt,
      onMissed,
      end: (outcome) => {
        this.#remove(group, waiter, selectors);
        stop.abort();
        signal?.removeEventListener("abort", leave);
        if ("error" in outcome) reject(outcome.error);
        else resolve(outcome.value as T | undefined);
      },
    };
    const leave = (): void => waiter.end({ error: cancelled() });
    // Each to a signal of its own: one that thousands listen to takes as long for each of them.
    signal?.addEventListener("abort", leave);
    this.#add(group, waiter, selectors);
    this.#options.clock.sleep(upToMs, stop.signal).then(
      () => waiter.end({ value: undefined }),
      () => undefined,
    );
    if (!this.#isTelling) void this.#tell();
    return promise;
  }

  #demandRoom(group: string, selectors: number): void {
    const { waitersMax, groupsMax, selectorsMax } = this.#options;
    const isNew = !this.#groups.has(group);
    const message =
      this.#size >= waitersMax
        ? `${this.#size} requests wait already, more may not`
        : isNew && this.#groups.size >= groupsMax
          ? `requests of ${groupsMax} different kinds wait already, one of another kind may not`
          : isNew && this.#selectors + selectors > selectorsMax
            ? `requests with ${this.#selectors} different selectors wait already, ${selectors} more may not`
            : undefined;
    if (message !== undefined)
      throw new FleetError("EXHAUSTED", message, { retryAfterSeconds: RETRY_AFTER_SECONDS });
  }

  /** Serves from the oldest on; true when there may be more to serve in a turn of its own. */
  #serveSome(): boolean {
    const dry = new Set<string>();
    for (let served = 0; served < this.#options.servedPerTurnMax; served++) {
      const next = this.#oldest(dry);
      if (!next) return false;
      const { group, waiter } = next;
      try {
        const value = waiter.attempt();
        if (value === undefined) dry.add(group);
        else waiter.end({ value });
      } catch (error) {
        waiter.end({ error });
      }
    }
    return this.#size > 0;
  }

  #oldest(dry: ReadonlySet<string>): { group: string; waiter: Waiter } | undefined {
    let oldest: { group: string; waiter: Waiter } | undefined;
    for (const [group, waiters] of this.#groups) {
      const [waiter] = waiters;
      if (!waiter || dry.has(group)) continue;
      if (!oldest || waiter.order < oldest.waiter.order) oldest = { group, waiter };
    }
    return oldest;
  }

  /** Who waits asks again by this: the autoscaler counts the requests of a second. */
  async #tell(): Promise<void> {
    this.#isTelling = true;
    try {
      while (this.#size > 0) {
        await this.#options.clock.sleep(TELL_EVERY_MS, this.#over.signal);
        for (const waiters of this.#groups.values()) {
          const [first] = waiters;
          first?.onMissed?.(waiters.size);
        }
      }
    } catch {
      // The line is closed.
    } finally {
      this.#isTelling = false;
    }
  }

  #add(group: string, waiter: Waiter, selectors: number): void {
    this.#size++;
    const waiters = this.#groups.get(group);
    if (waiters) return void waiters.add(waiter);
    this.#groups.set(group, new Set([waiter]));
    this.#selectors += selectors;
  }

  #remove(group: string, waiter: Waiter, selectors: number): void {
    const waiters = this.#groups.get(group);
    if (!waiters?.delete(waiter)) return;
    this.#size--;
    if (waiters.size > 0) return;
    this.#groups.delete(group);
    this.#selectors -= selectors;
  }
}

function cancelled(): FleetError {
  return new FleetError("CANCELLED", "who asked has gone");
}
