/** Who holds which game server: finds one that is handed out while it is held. Pure. */
export class HeldLedger {
  allocations = 0;
  /** Servers that were given twice, one entry each time. */
  readonly twice: string[] = [];
  readonly #held = new Set<string>();

  given(server: string): void {
    this.allocations += 1;
    if (this.#held.has(server)) this.twice.push(server);
    this.#held.add(server);
  }

  /** From now on the platform may hand it out again. */
  returning(server: string): void {
    this.#held.delete(server);
  }

  /** Somebody else had it, as the game says. */
  doubled(server: string): void {
    this.twice.push(server);
  }
}
