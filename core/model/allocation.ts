import type { Priority } from "./fleet.ts";
import type { Address, Counters, Lists, Scheduling, StatusPort } from "./game-server.ts";
import type { Labels } from "./resource.ts";

export interface LabelExpression {
  readonly key: string;
  readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  readonly values?: readonly string[];
}
export interface LabelSelector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly LabelExpression[];
}
/** Bounds of a Counter; a maximum of 0 is none. A server without the Counter does not fit. */
export interface CounterSelector {
  readonly minCount?: number;
  readonly maxCount?: number;
  readonly minAvailable?: number;
  readonly maxAvailable?: number;
}
/** Bounds of a List's room, and a value that it must have; `""` is none. */
export interface ListSelector {
  readonly containsValue?: string;
  readonly minAvailable?: number;
  readonly maxAvailable?: number;
}
export interface GameServerSelector extends LabelSelector {
  readonly gameServerState?: "Ready" | "Allocated";
  readonly counters?: { readonly [key: string]: CounterSelector };
  readonly lists?: { readonly [key: string]: ListSelector };
}

/** What is done to a Counter of the server that is handed out: its capacity first; both are cut to their bounds. */
export interface CounterAction {
  readonly action?: "Increment" | "Decrement";
  readonly amount?: number;
  readonly capacity?: number;
}
/** What is done to a List: its capacity, then what is added, then what is taken out. */
export interface ListAction {
  readonly addValues?: readonly string[];
  readonly deleteValues?: readonly string[];
  readonly capacity?: number;
}

/** A checked GameServerAllocation spec; deprecated `required`/`preferred` have become `selectors`, in Agones' order. */
export interface AllocationSpec {
  /** Tried in order over all servers; the first with a hit wins. Never empty. */
  readonly selectors: readonly GameServerSelector[];
  readonly scheduling: Scheduling;
  /** By the room that is left, after what Packed looks at first; purely by them with Distributed. */
  readonly priorities?: readonly Priority[];
  /** Patched on the server that was picked. */
  readonly metadata?: { readonly labels?: Labels; readonly annotations?: Labels };
  readonly counters?: { readonly [key: string]: CounterAction };
  readonly lists?: { readonly [key: string]: ListAction };
  /** Ours: how long it waits for a server when none is there. */
  readonly waitUpToMs?: number;
}

export type AllocationState = "Allocated" | "UnAllocated" | "Contention";

/** What an allocation answers, in the words of a GameServerAllocation's status. */
export interface AllocationStatus {
  readonly state: AllocationState;
  readonly gameServerName: string;
  readonly ports: readonly StatusPort[];
  readonly address: string;
  readonly addresses: readonly Address[];
  readonly nodeName: string;
  readonly source: string;
  readonly metadata?: { readonly labels: Labels; readonly annotations: Labels };
  readonly counters?: Counters;
  readonly lists?: Lists;
  /** When nothing was allocated: why, for people. */
  readonly message?: string;
}
