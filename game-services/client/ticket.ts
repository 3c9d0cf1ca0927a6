import type { Api } from "./api.ts";
import type { SeatPass } from "./connector.ts";
import type { Timing } from "./timing.ts";
import { tokenLifeMs } from "./token-age.ts";
import { roomPath, type SeatView } from "./wire.ts";

export interface TicketParts {
  readonly api: Api;
  readonly timing: Timing;
  readonly namespace: string;
  readonly fleet: string;
  readonly view: SeatView;
  /** How long the seat is kept for a player who is not there yet. */
  readonly seconds: number | undefined;
}

/** What the control plane says of one seat, with the token of it: good for one join, and not for long. */
export class Ticket {
  readonly #parts: TicketParts;
  #view: SeatView;
  #receivedAt: number;
  #isUsed = false;

  constructor(parts: TicketParts) {
    this.#parts = parts;
    this.#view = parts.view;
    this.#receivedAt = parts.timing.now();
  }

  get view(): SeatView {
    return this.#view;
  }

  /** False when the token was used, or may be too old when it gets to the game. */
  get isFresh(): boolean {
    const age = this.#parts.timing.now() - this.#receivedAt;
    return !this.#isUsed && age < tokenLifeMs(this.#view.token);
  }

  /** Asks for the seat again: the same one while it is kept. */
  async renew(signal: AbortSignal, triesMax?: number): Promise<void> {
    const { api, namespace, seconds, timing } = this.#parts;
    const { room, player } = this.#view;
    const path = roomPath(namespace, room, "/seats");
    const body = { player, seconds };
    this.#view = (await api.call<SeatView>({ method: "POST", path, body, signal, triesMax })).body;
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
    const { api, namespace } = this.#parts;
    const path = roomPath(namespace, this.#view.room, `/seats/${this.#view.id}`);
    await api.call({ method: "DELETE", path, signal });
  }
}
