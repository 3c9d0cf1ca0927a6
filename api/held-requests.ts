import type { Principal } from "../access/tokens.ts";

/** What knows whether a principal may still do what it could. */
export interface Holding {
  holds(principal: Principal): boolean;
  onChange(listener: () => void): Disposable;
}

/** Sessions and tokens end by time, too. */
const LOOK_EVERY_MS = 2_000;

/** Long answers that users and tokens wait for: each ends as soon as who asked may not have it any more. */
export class HeldRequests implements Disposable {
  readonly #holding: Holding;
  readonly #open = new Set<{ readonly principal: Principal; readonly end: () => void }>();
  readonly #changes: Disposable;
  readonly #timer: NodeJS.Timeout;

  constructor(holding: Holding) {
    this.#holding = holding;
    this.#changes = holding.onChange(() => this.#look());
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  /** Calls `end` when `principal` may no more; what it returns is called when the answer has ended by itself. */
  hold(principal: Principal, end: () => void): () => void {
    const held = { principal, end };
    this.#open.add(held);
    return () => void this.#open.delete(held);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#changes[Symbol.dispose]();
  }

  #look(): void {
    for (const held of this.#open) {
      if (this.#holding.holds(held.principal)) continue;
      this.#open.delete(held);
      held.end();
    }
  }
}
