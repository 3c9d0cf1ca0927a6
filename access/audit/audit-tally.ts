import type { Clock } from "../../core/std/clock.ts";
import type { AuditEntry } from "./audit-record.ts";

/** What is counted apart. */
export type Counted = Pick<AuditEntry, "who" | "kind" | "from" | "action" | "target" | "outcome">;

/** Different ones in one second; the rest is counted together. */
const KEYS_MAX = 200;
const EVERY_MS = 1_000;
const REST = "(others)";

/** Counts what comes too often to be recorded one by one: a record per second, caller, action, target and outcome. */
export class AuditTally implements Disposable {
  readonly #clock: Clock;
  readonly #append: (entry: AuditEntry) => Promise<void>;
  readonly #counts = new Map<string, { readonly of: Counted; count: number }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(clock: Clock, append: (entry: AuditEntry) => Promise<void>) {
    this.#clock = clock;
    this.#append = append;
  }

  count({ kind, who, from, action, target, outcome }: Counted): void {
    const key = `${kind} ${who} ${from} ${action} ${target} ${outcome}`;
    const known = this.#counts.get(key);
    if (known) {
      known.count += 1;
      return;
    }
    this.#timer ??= setTimeout(() => this.flush(), EVERY_MS).unref();
    const of = { who, kind, from, action, target, outcome };
    if (this.#counts.size < KEYS_MAX) this.#counts.set(key, { of, count: 1 });
    else this.#countRest(of);
  }

  /** Gives what was counted to the log. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const atMs = this.#clock.now();
    // The log says itself when it cannot write.
    for (const { of, count } of this.#counts.values())
      void this.#append({ atMs, ...of, count }).catch(() => undefined);
    this.#counts.clear();
  }

  [Symbol.dispose](): void {
    this.flush();
  }

  #countRest({ action, outcome }: Counted): void {
    const rest = { who: REST, kind: REST, from: REST, action, target: REST, outcome };
    const key = `${REST} ${action} ${outcome}`;
    const known = this.#counts.get(key);
    if (known) known.count += 1;
    else if (this.#counts.size < 2 * KEYS_MAX) this.#counts.set(key, { of: rest, count: 1 });
  }
}
