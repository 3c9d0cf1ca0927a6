import { BlockList, isIP } from "node:net";
import { FleetError } from "../../core/std/errors.ts";

/** Where load may go: this machine's loopback, and what somebody has allowed in words. */
export class Targets {
  readonly #mine = new BlockList();
  readonly #allowed: ReadonlySet<string>;

  /** `allowed`: further addresses, each written out. */
  constructor(allowed: readonly string[]) {
    this.#mine.addSubnet("127.0.0.0", 8, "ipv4");
    this.#mine.addAddress("::1", "ipv6");
    for (const one of allowed)
      if (isIP(one) === 0) throw new FleetError("INVALID", `${one} is no IP address`);
    this.#allowed = new Set(allowed);
  }

  /** Throws unless this address may be loaded. A name is refused: who knows what it means in a minute. */
  checkHost(host: string): void {
    const address = host.replace(/^\[(.*)\]$/, "$1");
    const family = isIP(address);
    if (family === 0)
      throw new FleetError("INVALID", `the target ${host} is no IP address: write one out`);
    if (this.#allowed.has(address)) return;
    if (this.#mine.check(address, family === 4 ? "ipv4" : "ipv6")) return;
    throw new FleetError(
      "FORBIDDEN",
      `${address} is not this machine's loopback: a load test may stop what runs there. If it is yours and may stop, say --i-may-load ${address}`,
    );
  }

  /** The same of a URL. */
  check(url: string): void {
    if (!URL.canParse(url)) throw new FleetError("INVALID", `the target ${url} is no URL`);
    this.checkHost(new URL(url).hostname);
  }

  get allowed(): readonly string[] {
    return [...this.#allowed];
  }
}
