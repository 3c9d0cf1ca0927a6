import type { Address } from "./game-server.ts";
import type { ImageSpec } from "./image.ts";
import type { ResourceOf } from "./resource.ts";

export interface NodeSpec {
  /** Takes no new containers. */
  readonly unschedulable: boolean;
}
export interface NodeCapacity {
  /** Millicores. */
  readonly cpuMilli: number;
  readonly memoryBytes: number;
}
export interface NodeStatus {
  readonly ready: boolean;
  /** RFC 3339 with milliseconds. */
  readonly heartbeatAt: string;
  readonly message?: string;
  /** What players are told. */
  readonly address: string;
  readonly addresses: readonly Address[];
  readonly capacity: NodeCapacity;
  readonly portRange: { readonly min: number; readonly max: number };
  /** `shim` isolates; `process` does not. */
  readonly driver: "shim" | "process";
  readonly isolation: string;
  readonly version: string;
  readonly images: readonly ImageSpec[];
}
export interface Node extends ResourceOf<"Node", NodeSpec, NodeStatus> {}
