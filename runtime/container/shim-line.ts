import type { Clock } from "../../core/std/clock.ts";
import { FleetError, isFleetError, messageOf } from "../../core/std/errors.ts";
import type { Logger } from "../../core/std/logger.ts";
import { ShimClient, type ShimExited } from "../shim/client.ts";
import type { Field, FieldIn } from "../shim/message.ts";

export interface ShimLineOptions {
  readonly socket: string;
  /** Makes sure that a shim runs; called before each try to connect. */
  readonly ensureShim: () => void;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long a call waits for a shim that is gone. */
  readonly patienceMs: number;
  readonly pauseMs: number;
}

/** A connection to the shim that comes back: a shim that died is started again, and what runs is watched again. */
export class ShimLine implements AsyncDisposable {
  readonly #options: ShimLineOptions;
  readonly #exited = new Set<(exited: ShimExited) => void>();
  readonly #connected = new Set<(client: ShimClient) => Promise<void>>();
  #client: Promise<ShimClient> | undefined;
  #isClosed = false;

  constructor(options: ShimLineOptions) {
    this.#options = options;
  }

  /** The connection; UNAVAILABLE when no shim could be had in time. */
  client(): Promise<ShimClient> {
    this.#client ??= this.#connect().catch((error: unknown) => {
      this.#client = undefined;
      throw error;
    });
    return this.#client;
  }

  async net(op: number, fields: readonly FieldIn[]): Promise<readonly Field[]> {
    return await (await this.client()).net(op, fields);
  }

  onExited(listener: (exited: ShimExited) => void): void {
    this.#exited.add(listener);
  }

  /** Called with each new connection before anybody else may use it. */
  onConnected(listener: (client: ShimClient) => Promise<void>): void {
    this.#connected.add(listener);
  }

  /** Connects again as soon as the shim has gone, until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, pauseMs, logger } = this.#options;
    while (!signal.aborted) {
      try {
        const client = await this.client();
        await new Promise<void>((resolve) => {
          client.onEnd(() => resolve());
          signal.addEventListener("abort", () => resolve(), { once: true });
        });
      } catch (error) {
        logger.warn({ error: messageOf(error) }, "no shim to talk to");
        await clock.sleep(pauseMs, signal).catch(() => undefined);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    const client = await this.#client?.catch(() => undefined);
    await client?.[Symbol.asyncDispose]();
  }

  async #connect(): Promise<ShimClient> {
    const { clock, patienceMs, pauseMs, socket, ensureShim } = this.#options;
    const until = clock.monotonic() + patienceMs;
    for (;;) {
      if (this.#isClosed) throw new FleetError("CANCELLED", "the driver is closed");
      ensureShim();
      try {
        return await this.#greet(await ShimClient.connect(socket));
      } catch (error) {
        if (!isFleetError(error, "UNAVAILABLE") || clock.monotonic() > until) throw error;
        await clock.sleep(pauseMs);
      }
    }
  }

  async #greet(client: ShimClient): Promise<ShimClient> {
    client.onExited((exited) => {
      for (const listener of this.#exited) listener(exited);
    });
    client.onEnd(() => {
      this.#client = undefined;
    });
    for (const listener of this.#connected) await listener(client);
    return client;
  }
}
