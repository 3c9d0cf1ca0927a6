import { isIP } from "node:net";
import { FleetError } from "../core/std/errors.ts";

/**
 * A page of another site must not speak to the API through its visitor's browser: names that lead here only by a
 * stranger's DNS (rebinding) and foreign origins are refused. Tools send no `Origin`.
 */
export class BrowserGuard {
  readonly #names: ReadonlySet<string>;
  /** The last pair that was fine: nearly every request of a tool looks like the one before. */
  #fine: { readonly host: string | undefined; readonly origin: string | undefined } | undefined;

  constructor(names: readonly string[]) {
    this.#names = new Set(["localhost", ...names.map((name) => name.toLowerCase())]);
  }

  /** Throws FORBIDDEN unless a request with these headers may be answered. */
  check(host: string | undefined, origin: string | undefined): void {
    if (this.#fine?.host === host && this.#fine?.origin === origin) return;
    const name = nameOf(host ?? "");
    if (!this.#isOurs(name))
      throw new FleetError(
        "FORBIDDEN",
        `host ${JSON.stringify(name)} is not a name of this server: use its address, localhost or a configured name`,
      );
    if (origin !== undefined && !isSameSite(origin, host ?? ""))
      throw new FleetError("FORBIDDEN", "requests from another site's pages are refused");
    this.#fine = { host, origin };
  }

  #isOurs(name: string): boolean {
    return isIP(name) !== 0 || this.#names.has(name) || name.endsWith(".localhost");
  }
}

/** `[::1]:8700` → `::1`; `Example.org:80` → `example.org`. */
function nameOf(host: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(host);
  return (bracketed?.[1] ?? host.replace(/:\d+$/, "")).toLowerCase();
}

function isSameSite(origin: string, host: string): boolean {
  return URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}
