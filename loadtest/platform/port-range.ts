import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { FleetError } from "../../core/std/errors.ts";

/** Ranges of load tests: above those of tests and benches, below the ports that `freePort` finds. */
const FIRST = 18_600;
const LAST = 19_999;
/** More than any scenario has game servers and ports of them. */
const SIZE = 200;

/**
 * Host ports for the game servers of one run, which no other run of this machine has until this one is disposed of, or has
 * died. The kernel says who has a range: a socket of its name can be there once, and ends with its process.
 */
export class PortRange implements AsyncDisposable {
  /** As `--port-range` wants it. */
  readonly text: string;
  readonly #claim: Server;

  private constructor(text: string, claim: Server) {
    this.text = text;
    this.#claim = claim;
  }

  /** The first range that nobody has; throws when there is none. */
  static async claim(): Promise<PortRange> {
    for (let first = FIRST; first + SIZE - 1 <= LAST; first += SIZE) {
      const text = `${first}-${first + SIZE - 1}`;
      const claim = await bind(`\0flotilla-load-ports-${text}`);
      if (claim) return new PortRange(text, claim);
    }
    throw new FleetError(
      "UNAVAILABLE",
      `all port ranges of load tests (${FIRST}-${LAST}) are in use: wait until another run has ended`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#claim, "close");
    this.#claim.close();
    await closed;
  }
}

async function bind(name: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy()).listen(name);
  try {
    await once(server, "listening");
    return server;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    return undefined;
  }
}
