import type { Connector } from "./connector.ts";
import { Seat } from "./seat.ts";
import { type SeatGiven, Ticket } from "./ticket.ts";
import { systemTiming, type Timing } from "./timing.ts";

export interface SeatFromOptions<Connection> {
  /** Of the room; connectors may name the room's kind by it. */
  readonly fleet: string;
  /** Asks your service for a seat: at first, and whenever a fresh token is needed. */
  readonly ask: (signal: AbortSignal) => Promise<SeatGiven>;
  readonly connector: Connector<Connection>;
  /** Gives the seat back; left out where the game alone says who has gone. */
  readonly release?: (seat: SeatGiven, signal: AbortSignal | undefined) => Promise<void>;
  readonly signal?: AbortSignal;
  /** For tests. */
  readonly timing?: Timing;
}

/**
 * A seat that a service of yours gives, which stands in front of the control plane. `ask` says with a FlotillaError what
 * went wrong: after NETWORK, TIMEOUT, UNAVAILABLE, REFUSED and INTERNAL it is asked again, with growing pauses.
 */
export async function seatFrom<Connection>(
  options: SeatFromOptions<Connection>,
): Promise<Seat<Connection>> {
  const { fleet, ask, connector, release, timing = systemTiming } = options;
  const view = await ask(options.signal ?? new AbortController().signal);
  const source = {
    ask: (_: SeatGiven, signal: AbortSignal) => ask(signal),
    release: async (seat: SeatGiven, signal: AbortSignal | undefined) => release?.(seat, signal),
  };
  return new Seat({ ticket: new Ticket({ source, timing, fleet, view }), timing, connector });
}
