import type { ResourceOf } from "./resource.ts";

/** One bridge on every node that needs it. Closed by default: `outside` opens the way out. */
export interface NetworkSpec {
  /** CIDR of this network on each node, such as `11.11.11.0/24`; without it each node takes one from its own pool. */
  readonly subnet?: string;
  readonly outside: boolean;
}
export interface NetworkStatus {
  readonly message?: string;
}
export interface Network extends ResourceOf<"Network", NetworkSpec, NetworkStatus> {}
export const DEFAULT_NETWORK = "default";
