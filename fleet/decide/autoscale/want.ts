import type { AggregatedCounter } from "../../../core/model/fleet.ts";
import type { WebhookPolicy } from "../../../core/model/fleet-autoscaler.ts";
import type { Counters, GameServer, Lists } from "../../../core/model/game-server.ts";
import type { Reason } from "../../../core/model/reason.ts";

/** What a policy wants, within its bounds; or why it cannot say a number now. */
export type Want =
  | { readonly desired: number; readonly limited: boolean; readonly message: string }
  | { readonly because: Reason; readonly message: string };

/** One server's CPU as it was measured. */
export interface CpuReading {
  /** Thousandths of a core, as a mean over the last seconds. */
  readonly milli: number;
  /** How old the last measurement is. */
  readonly ageMs: number;
}
/** CPU of the servers that can play; undefined for one that was never measured. */
export type CpuReadings = readonly (CpuReading | undefined)[];

/** What a webhook said last, or what went wrong, as the end of a sentence. */
export type WebhookAnswer =
  | { readonly scale: boolean; readonly replicas: number }
  | { readonly error: string };

/** A fleet as its autoscaler sees it. What costs the fleet's size to find out is a function, called when it is needed. */
export interface FleetFacts {
  /** `spec.replicas` of the fleet. */
  readonly current: number;
  /** Servers that are there or on their way. */
  readonly replicas: number;
  readonly allocated: number;
  /** Allocated and Reserved ones. */
  readonly held: number;
  /** What a new server begins with. */
  readonly template: { readonly counters?: Counters; readonly lists?: Lists };
  /** Sums over all servers; a key that no server has is left out. */
  readonly counters: { readonly [key: string]: AggregatedCounter };
  readonly lists: { readonly [key: string]: AggregatedCounter };
  /** Servers that scaling down may remove, the first one first. */
  readonly removable: () => readonly GameServer[];
  readonly cpu: () => CpuReadings;
  /** Undefined while it was not asked lately. Who looks is asked for: a policy that looks keeps it being asked. */
  readonly webhook: (policy: WebhookPolicy) => WebhookAnswer | undefined;
  /** What is counted, for messages: `servers` when it is not given; and what is said while none of them runs. */
  readonly nouns?: string;
  readonly idle?: string;
  /** Thousandths of a core that a server asked for; 0 when the template says nothing. */
  readonly cpuBasisMilli: number;
  /** Requests for a server that found none a moment ago and were not made up for since. */
  readonly demand: number;
}

/** `wanted` within the bounds; `said` is how the message says it. */
export function within(
  wanted: number,
  { minReplicas, maxReplicas }: { readonly minReplicas: number; readonly maxReplicas: number },
  words: string,
  said: string = String(wanted),
): Want {
  const desired = Math.min(maxReplicas, Math.max(minReplicas, wanted));
  const clamp = desired === wanted ? "" : `, held to ${minReplicas}..${maxReplicas}`;
  return { desired, limited: desired !== wanted, message: `${words} want ${said}${clamp}` };
}

/**
 * What a policy of ours adds to its own wish: never fewer than the held servers, and one free for each request that
 * found none, so that a fleet at zero wakes. Returns the number, and how a message says it.
 */
export function atLeast(wanted: number, { held, demand }: FleetFacts): [number, string] {
  const floor = held + demand;
  if (wanted >= floor) return [wanted, String(wanted)];
  const waiting = demand > 0 ? ` and ${demand} waited for` : "";
  return [floor, `${wanted}, raised to ${floor} (${held} held${waiting})`];
}
