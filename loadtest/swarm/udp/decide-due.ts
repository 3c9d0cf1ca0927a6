/** When a player speaks: `hz` times a second from `offsetMs` on, reckoned from the beginning so that nothing adds up. */
export interface Pace {
  readonly hz: number;
  readonly offsetMs: number;
}

/** How many packets are due by now since the beginning, this one among them. */
export function decideDue({ hz, offsetMs }: Pace, nowMs: number): number {
  return nowMs < offsetMs ? 0 : Math.floor(((nowMs - offsetMs) * hz) / 1000) + 1;
}

/** The `index`-th of `count` players begins a bit later than the one before, so that not all speak in one moment. */
export function paceOf(index: number, count: number, hz: number): Pace {
  return { hz, offsetMs: (index / Math.max(1, count)) * (1000 / hz) };
}
