/** One colour for one meaning, everywhere on the page. */
export type Tone = "ready" | "allocated" | "reserved" | "starting" | "broken" | "leaving";

// biome-ignore format: a table is read by its columns
const TONES: Readonly<Record<string, Tone>> = {
  Ready: "ready", Running: "ready", Open: "ready",
  Allocated: "allocated",
  Reserved: "reserved",
  PortAllocation: "starting", Creating: "starting", Starting: "starting", Scheduled: "starting", RequestReady: "starting",
  Pending: "starting", NotReady: "starting", Scaling: "starting", Waking: "starting", Progressing: "starting",
  Unhealthy: "broken", Error: "broken", Failed: "broken", Backoff: "broken", Lost: "broken", Degraded: "broken", Refused: "broken",
  Shutdown: "leaving", Gone: "leaving", Terminating: "leaving", Stopped: "leaving", Exited: "leaving", Paused: "leaving", Draining: "leaving", Cordoned: "leaving", Closed: "leaving", Idle: "leaving",
};

/** The tone of a state; of several with a comma between them, of the first. Pure. */
export function toneOf(state: string): Tone {
  return TONES[state.split(",")[0] ?? ""] ?? "leaving";
}

export interface Part {
  readonly tone: Tone;
  readonly count: number;
}
export interface FleetCounts {
  readonly replicas: number;
  readonly ready: number;
  readonly allocated: number;
  readonly reserved: number;
}

/** What the servers of a fleet are: what is neither of the known is on its way up, or out. Pure. */
export function partsOf({ replicas, ready, allocated, reserved }: FleetCounts): readonly Part[] {
  const rest = Math.max(0, replicas - ready - allocated - reserved);
  return [
    { tone: "allocated", count: allocated },
    { tone: "reserved", count: reserved },
    { tone: "ready", count: ready },
    { tone: "starting", count: rest },
  ];
}
