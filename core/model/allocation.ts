import type { Address, Scheduling, StatusPort } from "./game-server.ts";
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
export interface GameServerSelector extends LabelSelector {
  readonly gameServerState?: "Ready" | "Allocated";
}

/** A checked GameServerAllocation spec; deprecated `required`/`preferred` have become `selectors`, in Agones' order. */
export interface AllocationSpec {
  /** Tried in order over all servers; the first with a hit wins. Never empty. */
  readonly selectors: readonly GameServerSelector[];
  readonly scheduling: Scheduling;
  /** Patched on the server that was picked. */
  readonly metadata?: { readonly labels?: Labels; readonly annotations?: Labels };
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
  /** When nothing was allocated: why, for people. */
  readonly message?: string;
}
