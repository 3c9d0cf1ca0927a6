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
  /** How often a verb is begun when shim after shim dies under it. */
  readonly triesMax: number;
}

/** A connection to the shim that comes back: a shim that died is started again, and what runs is watched again. */
export class ShimLine implements AsyncDisposable {
  readonly #options: ShimLineOptions;
  readonly #exited = new Set<(exited: ShimExited) => void>();
  readonly #connected = new Set<(client: ShimClient) => Promise<void>>();
  /** The connection, or the one attempt to have one: never two at once. */
  #client: Promise<ShimClient> | undefined;
  #isClosed = false;

  constructor(options: ShimLineOptions) {
    this.#options = options;
  }

  /** The connection; UNAVAILABLE when no shim could be had in time, CANCELLED after the end of this line. */
  client(): Promise<ShimClient> {
    if (this.#client) return this.#client;
    const mine = this.#connect();
    const forget = (): void => {
      if (this.#client === mine) this.#client = undefined;
    };
    // At once, and not when somebody asks next: who waits for a container's end asks nothing.
    const again = (): void => {
      forget();
      if (!this.#isClosed) this.client().catch(() => undefined);
    };
    this.#client = mine;
    mine.then((client) => client.onEnd(again), forget);
    return mine;
  }

  /**
   * Says a verb that may be repeated; when the shim dies in the middle, once more to the next one. UNAVAILABLE after
   * `triesMax` deaths, or when no shim could be had in time.
   */
  async ask<T>(verb: (client: ShimClient) => Promise<T>): Promise<T> {
    const { triesMax, pauseMs, clock } = this.#options;
    for (let attempt = 1; ; attempt++) {
      const client = await this.client();
      try {
        return await verb(client);
      } catch (error) {
        if (!isFleetError(error, "UNAVAILABLE") || attempt >= triesMax) throw error;
        // Its end may not have been heard of yet.
        await clock.sleep(pauseMs);
      }
    }
  }

  net(op: number, fields: readonly FieldIn[]): Promise<readonly Field[]> {
    return this.ask((client) => client.net(op, fields));
  }

  onExited(listener: (exited: ShimExited) => void): void {
    this.#exited.add(listener);
  }

  /** Called with each new connection before anybody else may use it. */
  onConnected(listener: (client: ShimClient) => Promise<void>): void {
    this.#connected.add(listener);
  }

  /** Goes on trying to connect when nobody's patience would, until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, pauseMs, logger } = this.#options;
    while (!signal.aborted) {
      try {
        const client = await this.client();
        await endOf(client, signal);
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
    try {
      for (const listener of this.#connected) await listener(client);
      return client;
    } catch (error) {
      await client[Symbol.asyncDispose]();
      throw error;
    }
  }
}

/** Resolves when the connection has ended or `signal` is aborted. */
async function endOf(client: ShimClient, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  using _end = client.onEnd(resolve);
  signal.addEventListener("abort", () => resolve(), { once: true });
  if (signal.aborted) resolve();
  await promise;
}
