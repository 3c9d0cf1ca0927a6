/**
 * The bytes that all rings of one kind may take together. Who gets none goes on with what it has and forgets its oldest
 * points sooner: under a limit histories become shorter, and memory never grows.
 */
export class RingMemory {
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** True when so many bytes may be taken; `isNeeded` ones are always given, their number is bounded elsewhere. */
  take(bytes: number, isNeeded: boolean): boolean {
    if (!isNeeded && this.#bytes + bytes > this.#bytesMax) return false;
    this.#bytes += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#bytes -= bytes;
  }
}
