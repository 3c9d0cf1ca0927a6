import type { SeatPass } from "./connector.ts";
import type { Timing } from "./timing.ts";
import { tokenLifeMs } from "./token-age.ts";
import type { SeatView } from "./wire.ts";

/** What a player is told of a seat, by the control plane or by a service in front of it. */
export type SeatGiven = Pick<SeatView, "id" | "room" | "player" | "host" | "ports" | "token">;

/** Who gives the seat. */
export interface SeatSource {
  /** Asks for the seat again: the same one while it is kept. `triesMax`: how often one call is made at most. */
  ask(view: SeatGiven, signal: AbortSignal, triesMax?: number): Promise<SeatGiven>;
  /** Takes the seat back. */
  release(view: SeatGiven, signal: AbortSignal | undefined): Promise<void>;
}

export interface TicketParts {
  readonly source: SeatSource;
  readonly timing: Timing;
  readonly fleet: string;
  readonly view: SeatGiven;
}

/** What was said of one seat, with the token of it: good for one join, and not for long. */
export class Ticket {
  readonly #parts: TicketParts;
  #view: SeatGiven;
  #receivedAt: number;
  #isUsed = false;

  constructor(parts: TicketParts) {
    this.#parts = parts;
    this.#view = parts.view;
    this.#receivedAt = parts.timing.now();
  }

  get view(): SeatGiven {
    return this.#view;
  }

  /** False when the token was used, or may be too old when it gets to the game. */
  get isFresh(): boolean {
    const age = this.#parts.timing.now() - this.#receivedAt;
    return !this.#isUsed && age < tokenLifeMs(this.#view.token);
  }

  /** Asks for the seat again: the same one while it is kept. */
  async renew(signal: AbortSignal, triesMax?: number): Promise<void> {
    const { source, timing } = this.#parts;
    this.#view = await source.ask(this.#view, signal, triesMax);
    this.#receivedAt = timing.now();
    this.#isUsed = false;
  }

  /** For a join: whatever becomes of it, the token is not good for another. */
  use(): SeatPass {
    this.#isUsed = true;
    return this.pass;
  }

  get pass(): SeatPass {
    const { id: seat, room, player, host, ports, token } = this.#view;
    return { fleet: this.#parts.fleet, room, seat, player, host, ports, token };
  }

  /** Gives the seat back. */
  async release(signal: AbortSignal | undefined): Promise<void> {
    await this.#parts.source.release(this.#view, signal);
  }
}
