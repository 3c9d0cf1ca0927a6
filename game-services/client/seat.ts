import type { Connector, Ended } from "./connector.ts";
import { FlotillaError, isFlotillaError } from "./errors.ts";
import type { Ticket } from "./ticket.ts";
import { type Backoff, type Timing, waitMs, within } from "./timing.ts";
import type { Port } from "./wire.ts";

/** `lost` may be connected again; `left` is the end. */
export type SeatState = "reserved" | "connecting" | "connected" | "reconnecting" | "lost" | "left";
export interface SeatChange {
  readonly state: SeatState;
  /** Why, where there is something to say. */
  readonly because?: string;
}
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** What a seat is made from; the client's business. */
export interface SeatParts<Connection> {
  readonly ticket: Ticket;
  readonly timing: Timing;
  readonly connector: Connector<Connection> | undefined;
}

const CONNECT_TRIES_MAX = 4;
const RECONNECT_TRIES_MAX = 8;
const BACKOFF: Backoff = { firstMs: 250, maxMs: 5000 };
const CONNECT_MS = 10_000;
const GOODBYE_MS = 2000;

/**
 * One player's seat in a room: connects to the game with its join token, comes back to the same seat when the connection
 * breaks, and gives the seat back.
 */
export class Seat<Connection> {
  readonly #parts: SeatParts<Connection>;
  readonly #listeners = new Set<(change: SeatChange) => void>();
  readonly #left = new AbortController();
  #state: SeatState = "reserved";
  #connection: Connection | undefined;
  #entering: Promise<Connection> | undefined;

  constructor(parts: SeatParts<Connection>) {
    this.#parts = parts;
  }

  get id(): string {
    return this.#parts.ticket.view.id;
  }
  get room(): string {
    return this.#parts.ticket.view.room;
  }
  get player(): string {
    return this.#parts.ticket.view.player;
  }
  get host(): string {
    return this.#parts.ticket.view.host;
  }
  get ports(): readonly Port[] {
    return this.#parts.ticket.view.ports;
  }
  /** For a connection that is made without a connector. It lets in once, and soon; `renew` gets another. */
  get token(): string {
    return this.#parts.ticket.view.token;
  }
  get state(): SeatState {
    return this.#state;
  }
  /** The newest connection; after a reconnection it may be another object. */
  get connection(): Connection | undefined {
    return this.#connection;
  }

  /** Tells every change from now on; the answer takes the listener away. */
  onState(listener: (change: SeatChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Connects to the game; with a fresh token when the one that is here is too old or was used. */
  connect({ signal }: CallOptions = {}): Promise<Connection> {
    if (this.#state === "connected" && this.#connection) return Promise.resolve(this.#connection);
    return this.#once({ state: "connecting" }, CONNECT_TRIES_MAX, signal, async (ending) => {
      if (!this.#parts.ticket.isFresh) await this.#parts.ticket.renew(ending);
      return this.#join(ending);
    });
  }

  /** Comes back to the same seat: asks for it again, then goes on with the old connection or joins the room anew. */
  reconnect({ signal }: CallOptions = {}): Promise<Connection> {
    return this.#reconnect("asked to", signal);
  }

  /** Asks for the seat again: the same one while it is kept, with a fresh token. */
  async renew({ signal }: CallOptions = {}): Promise<void> {
    await this.#parts.ticket.renew(this.#orLeft(signal));
  }

  /** Says goodbye to the game and gives the seat back, so that somebody else may have it. */
  async leave({ signal }: CallOptions = {}): Promise<void> {
    this.#become({ state: "left" });
    this.#left.abort(new FlotillaError("LEFT", `${this.player} has left ${this.room}`));
    await this.#entering?.catch(() => undefined);
    if (this.#connection) await this.#goodbye(this.#connection);
    // The game may have been faster: it tells the control plane who is there no more.
    await this.#parts.ticket.release(signal).catch((error) => {
      if (!isFlotillaError(error, "NOT_FOUND")) throw error;
    });
  }

  #reconnect(because: string, signal?: AbortSignal): Promise<Connection> {
    const change: SeatChange = { state: "reconnecting", because };
    return this.#once(change, RECONNECT_TRIES_MAX, signal, (ending) => this.#comeBack(ending));
  }

  /** One way in at a time: who asks meanwhile gets the same. */
  #once(
    change: SeatChange,
    triesMax: number,
    signal: AbortSignal | undefined,
    enter: (signal: AbortSignal) => Promise<Connection>,
  ): Promise<Connection> {
    this.#entering ??= this.#enter(change, triesMax, this.#orLeft(signal), enter).finally(() => {
      this.#entering = undefined;
    });
    return this.#entering;
  }

  async #enter(
    change: SeatChange,
    triesMax: number,
    signal: AbortSignal,
    enter: (signal: AbortSignal) => Promise<Connection>,
  ): Promise<Connection> {
    const { timing } = this.#parts;
    signal.throwIfAborted();
    this.#become(change);
    for (let tries = 1; ; tries++) {
      try {
        return this.#connected(await enter(signal));
      } catch (error) {
        if (tries >= triesMax || !mayPass(error)) {
          this.#become({ state: "lost", because: messageOf(error) });
          throw error;
        }
        await timing.sleep(waitMs(tries - 1, BACKOFF, timing.random), signal);
      }
    }
  }

  /** The game may wait for the player while the control plane is away: then an old connection goes on without it. */
  async #comeBack(signal: AbortSignal): Promise<Connection> {
    const { ticket } = this.#parts;
    const isAway = await ticket.renew(signal, 1).then(
      () => undefined,
      (error: unknown) => {
        if (mayPass(error)) return error;
        throw error;
      },
    );
    const previous = this.#connection;
    const resumed =
      previous &&
      (await this.#inTime(signal, (ending) =>
        this.#connector.resume(previous, ticket.pass, ending),
      ));
    if (resumed) return resumed;
    if (isAway !== undefined) throw isAway;
    return this.#join(signal);
  }

  #join(signal: AbortSignal): Promise<Connection> {
    const pass = this.#parts.ticket.use();
    return this.#inTime(signal, (ending) => this.#connector.join(pass, ending));
  }

  #inTime<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const late = (): Error =>
      new FlotillaError("TIMEOUT", `the game server of ${this.room} does not answer in time`);
    return within(CONNECT_MS, signal, late, work);
  }

  #connected(connection: Connection): Connection {
    this.#connection = connection;
    this.#become({ state: "connected" });
    const isOurs = (state: SeatState): boolean =>
      connection === this.#connection && this.#state === state && !this.#entering;
    this.#connector.watch(connection, {
      dropped: (because) => isOurs("connected") && this.#become({ state: "reconnecting", because }),
      back: () => isOurs("reconnecting") && this.#become({ state: "connected" }),
      ended: (ended) => connection === this.#connection && this.#seeEnd(ended),
    });
    return connection;
  }

  #seeEnd({ because, isFinal }: Ended): void {
    if (this.#state === "left" || this.#entering) return;
    if (isFinal) this.#become({ state: "lost", because });
    // Whoever wants to know how it goes hears of it by `onState`.
    else this.#reconnect(because).catch(() => undefined);
  }

  get #connector(): Connector<Connection> {
    const { connector } = this.#parts;
    if (connector) return connector;
    throw new FlotillaError("INVALID", "no connector: take the seat's host, ports and token");
  }

  #orLeft(signal: AbortSignal | undefined): AbortSignal {
    return AbortSignal.any([this.#left.signal, ...(signal ? [signal] : [])]);
  }

  /** A game that has ended, or is out of reach, answers no goodbye: it is not waited for. */
  async #goodbye(connection: Connection): Promise<void> {
    const late = (): Error => new FlotillaError("TIMEOUT", "no goodbye");
    const leaving = within(GOODBYE_MS, undefined, late, () => this.#connector.leave(connection));
    await leaving.catch(() => undefined);
  }

  #become(change: SeatChange): void {
    if (this.#state === "left" || this.#state === change.state) return;
    this.#state = change.state;
    for (const listener of [...this.#listeners]) listener(change);
  }
}

/** False when asking again cannot help: the room is gone, the request is wrong, or nobody wants it any more. */
function mayPass(error: unknown): boolean {
  if (!isFlotillaError(error)) return false;
  return ["NETWORK", "TIMEOUT", "UNAVAILABLE", "REFUSED", "INTERNAL"].includes(error.code);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
