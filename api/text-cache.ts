/**
 * Values by the text they were made of: at most `entriesMax`, and none for long texts. Two generations instead of an
 * order: a hit costs one look-up, and what was not asked for during a whole generation goes.
 */
export class TextCache<T> {
  readonly #entriesMax: number;
  #young = new Map<string, T>();
  #old = new Map<string, T>();

  constructor(options: { readonly entriesMax: number }) {
    this.#entriesMax = options.entriesMax;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(text: string): T | undefined {
    const young = this.#young.get(text);
    if (young !== undefined) return young;
    const old = this.#old.get(text);
    if (old !== undefined) this.#keep(text, old);
    return old;
  }

  set(text: string, value: T): void {
    if (text.length <= TEXT_CHARS_MAX) this.#keep(text, value);
  }

  #keep(text: string, value: T): void {
    if (this.#young.size >= this.#entriesMax / 2) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(text, value);
  }
}
export const TEXT_CHARS_MAX = 4096;
