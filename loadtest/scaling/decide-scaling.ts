import type { FleetChange } from "../record/fleet-story.ts";

/** A request for a place, which may wait in line; times in milliseconds since the recording began. */
export interface Asked {
  readonly askedMs: number;
  readonly answeredMs: number;
  readonly outcome: "given" | "refused" | "failed";
  /** In the words of the answer, unless it was given. */
  readonly because: string;
}
/** What the fleet had to be when the load had come to rest there. */
export interface Rest {
  readonly name: string;
  /** The driver waits for it; this is when it came, or when the driver gave up. */
  readonly atMs: number;
  readonly atLeast?: number;
  readonly exactly?: number;
}
export interface ScalingStory {
  readonly floor: number;
  readonly most: number;
  readonly changes: readonly FleetChange[];
  readonly asked: readonly Asked[];
  readonly rests: readonly Rest[];
}

/** Names of what must be zero. */
export const RULES = [
  "servers beyond the most",
  "servers below the floor",
  "refused while there was room",
  "requests that failed",
  "load that was not followed",
  "nothing scaled",
] as const;
export type Rule = (typeof RULES)[number];
export interface Violation {
  readonly rule: Rule;
  readonly what: string;
}

/**
 * What a fleet and its autoscaler did wrong under a load, by count: no time is judged. Pure.
 *
 * A refusal is right only when the fleet was as large as it may be, with no server Ready, at some moment while the request
 * waited: then, and only then, was there no room that could have been given or made.
 */
export function decideScaling(story: ScalingStory): Violation[] {
  const { changes, floor, most, asked, rests } = story;
  const found: Violation[] = [];
  const find = (rule: Rule, what: string): void => void found.push({ rule, what });
  for (const { wanted, desired, atMs } of changes) {
    const high = Math.max(wanted, desired);
    if (high > most) find("servers beyond the most", `${high} of ${most} at ${seconds(atMs)}`);
    if (wanted < floor)
      find("servers below the floor", `${wanted} of ${floor} at ${seconds(atMs)}`);
  }
  for (const one of asked) {
    const told = `asked at ${seconds(one.askedMs)}, told at ${seconds(one.answeredMs)}: ${one.because}`;
    if (one.outcome === "failed") find("requests that failed", told);
    if (one.outcome === "refused" && !wasFull(story, one))
      find("refused while there was room", told);
  }
  for (const rest of rests) {
    const wrong = wrongAt(story, rest);
    if (wrong !== undefined) find("load that was not followed", `${rest.name}: ${wrong}`);
  }
  const largest = Math.max(...changes.map(({ wanted }) => wanted));
  if (!(largest > floor)) find("nothing scaled", `${changes.length} changes, none above ${floor}`);
  return found;
}

/** A change holds until the next one. */
function wasFull({ changes, most }: ScalingStory, { askedMs, answeredMs }: Asked): boolean {
  return changes.some(
    ({ atMs, wanted, ready }, i) =>
      wanted >= most &&
      ready === 0 &&
      atMs <= answeredMs &&
      (changes[i + 1]?.atMs ?? Number.POSITIVE_INFINITY) > askedMs,
  );
}

function wrongAt({ changes }: ScalingStory, { atMs, atLeast, exactly }: Rest): string | undefined {
  const now = changes.findLast((one) => one.atMs <= atMs);
  if (!now) return "nothing was known";
  const { wanted, replicas } = now;
  if (atLeast !== undefined && Math.min(wanted, replicas) < atLeast)
    return `${replicas} servers (${wanted} wanted) instead of at least ${atLeast}`;
  if (exactly !== undefined && (wanted !== exactly || replicas !== exactly))
    return `${replicas} servers (${wanted} wanted) instead of ${exactly}`;
  return undefined;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
