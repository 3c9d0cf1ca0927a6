import type { FleetEvent, FleetRecord, Series } from "../report/run-result.ts";

/** How a fleet is at a moment. */
export interface FleetNow {
  /** As its spec says: what the autoscaler, or a person, has set. */
  readonly wanted: number;
  /** What the autoscaler's last look came to. */
  readonly desired: number;
  readonly because: string;
  readonly replicas: number;
  readonly ready: number;
  readonly allocated: number;
  readonly reserved: number;
  readonly rooms: number;
  readonly players: number;
}
export interface FleetChange extends FleetNow {
  readonly atMs: number;
}

export const NOTHING: FleetNow = {
  ...{ wanted: 0, desired: 0, because: "", replicas: 0, ready: 0, allocated: 0 },
  ...{ reserved: 0, rooms: 0, players: 0 },
};
/** A run of an hour with ten changes a second. */
const CHANGES_MAX = 40_000;
const EVENTS_MAX = 500;

/** Every change of a fleet, with its time in milliseconds since the recording began. Pure. */
export class FleetStory {
  readonly changes: FleetChange[] = [];
  readonly events: FleetEvent[] = [];
  #now: FleetNow = NOTHING;
  #isKnown = false;

  get now(): FleetNow {
    return this.#now;
  }

  /**
   * True when it is another than before. Its autoscaler may be heard of first: nothing is told before the fleet itself is
   * known, which is when a part says what is wanted.
   */
  change(part: Partial<FleetNow>, atMs: number): boolean {
    this.#isKnown ||= part.wanted !== undefined;
    const next = { ...this.#now, ...part };
    const isSame = Object.entries(next).every(
      ([name, value]) => this.#now[name as keyof FleetNow] === value,
    );
    if (isSame && this.changes.length > 0) return false;
    this.#now = next;
    if (!this.#isKnown) return true;
    if (this.changes.length < CHANGES_MAX) this.changes.push({ ...next, atMs });
    return true;
  }

  event(event: FleetEvent): void {
    if (this.events.length < EVENTS_MAX) this.events.push(event);
  }

  /** As it was at the end of each of so many seconds; null before anything was known. */
  record(fleet: string, seconds: number): FleetRecord {
    const at = this.#bySecond(seconds);
    const series = (of: (now: FleetNow) => number): Series =>
      at.map((one) => (one ? of(one) : null));
    return {
      fleet,
      replicas: series((one) => one.replicas),
      ready: series((one) => one.ready),
      allocated: series((one) => one.allocated),
      reserved: series((one) => one.reserved),
      desired: series((one) => one.desired),
      rooms: series((one) => one.rooms),
      players: series((one) => one.players),
      events: this.events,
    };
  }

  #bySecond(seconds: number): (FleetChange | undefined)[] {
    let next = 0;
    let last: FleetChange | undefined;
    return Array.from({ length: seconds }, (_, second) => {
      for (let one = this.changes[next]; one && one.atMs < (second + 1) * 1000; ) {
        last = one;
        one = this.changes[++next];
      }
      return last;
    });
  }
}
