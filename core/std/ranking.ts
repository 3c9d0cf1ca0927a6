import { Heap } from "./heap.ts";

interface Entry<T> {
  readonly key: string;
  readonly item: T;
}

/** Passed-over entries that may lie in the heap beyond as many as there are items. */
const STALE_MAX = 64;

/** Items under keys, of which the first by `isBefore` is known at any time: a change costs O(log n). */
export class Ranking<T> {
  readonly #items = new Map<string, T>();
  readonly #heap: Heap<Entry<T>>;

  constructor(isBefore: (a: T, b: T) => boolean) {
    this.#heap = new Heap((a, b) => isBefore(a.item, b.item));
  }

  get size(): number {
    return this.#items.size;
  }

  get(key: string): T | undefined {
    return this.#items.get(key);
  }

  get first(): T | undefined {
    for (let top = this.#heap.first; top; top = this.#heap.first) {
      if (this.#items.get(top.key) === top.item) return top.item;
      this.#heap.pop();
    }
    return undefined;
  }

  put(key: string, item: T): void {
    this.#items.set(key, item);
    this.#heap.push({ key, item });
    if (this.#heap.size > 2 * this.#items.size + STALE_MAX) this.#compact();
  }

  delete(key: string): boolean {
    return this.#items.delete(key);
  }

  #compact(): void {
    this.#heap.clear();
    for (const [key, item] of this.#items) this.#heap.push({ key, item });
  }
}
