/** Places of which so many may be taken at once, and only so many by one address. */
export class Slots {
  readonly #max: number;
  readonly #perAddressMax: number;
  readonly #taken = new Map<string, number>();
  #all = 0;

  constructor(max: number, perAddressMax: number) {
    this.#max = max;
    this.#perAddressMax = perAddressMax;
  }

  /** Takes one, and answers with what gives it back; undefined when there is none. */
  take(address: string): (() => void) | undefined {
    const own = this.#taken.get(address) ?? 0;
    if (this.#all >= this.#max || own >= this.#perAddressMax) return undefined;
    this.#all += 1;
    this.#taken.set(address, own + 1);
    return () => this.#giveBack(address);
  }

  #giveBack(address: string): void {
    this.#all -= 1;
    const left = (this.#taken.get(address) ?? 0) - 1;
    if (left > 0) this.#taken.set(address, left);
    else this.#taken.delete(address);
  }
}
