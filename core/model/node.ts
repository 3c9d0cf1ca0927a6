import type { Address } from "./game-server.ts";
import type { ImageSpec } from "./image.ts";
import type { Labels, ResourceOf } from "./resource.ts";

export interface NodeSpec {
  /** Takes no new containers. */
  readonly unschedulable: boolean;
  /** What can move leaves; what is held may stay until its end, or until the deadline. */
  readonly drain?: NodeDrain;
}
export interface NodeDrain {
  /** RFC 3339; without it held servers stay as long as they are held. */
  readonly deadline?: string;
}
export interface NodeCapacity {
  /** Millicores. */
  readonly cpuMilli: number;
  readonly memoryBytes: number;
}
export interface NodeStatus {
  readonly ready: boolean;
  /** It has been silent for so long that its fleets act on it, each by its policy. */
  readonly lost?: boolean;
  /** RFC 3339 with milliseconds. */
  readonly heartbeatAt: string;
  readonly message?: string;
  /** What players are told. */
  readonly address: string;
  readonly addresses: readonly Address[];
  readonly capacity: NodeCapacity;
  /** What of it containers may ask for; all of it when absent. */
  readonly allocatable?: NodeCapacity;
  readonly portRange: { readonly min: number; readonly max: number };
  /** `shim` isolates; `process` does not. */
  readonly driver: "shim" | "process";
  readonly isolation: string;
  readonly version: string;
  readonly images: readonly ImageSpec[];
  /** The file system of the state folder; what is free is told in steps of half a percent. */
  readonly disk?: NodeDisk;
  /** How full the networks on this node are; absent where containers have no networks of their own. */
  readonly networks?: readonly NodeNetworkUse[];
  /** Labels that the agent was started with; they are among the Node's own, too. */
  readonly labels?: Labels;
  /** SHA-256 of the credential of a machine that joined with a node token; deleting the Node ends it. */
  readonly credential?: string;
  /** What the control plane has placed there; its own sum, no report of the agent. */
  readonly used?: NodeUse;
}
export interface NodeDisk {
  readonly totalBytes: number;
  readonly freeBytes: number;
}
export interface NodeNetworkUse {
  /** `namespace/name` */
  readonly network: string;
  readonly subnet: string;
  /** That containers may have. */
  readonly addresses: number;
  /** Of them; in steps of five. */
  readonly usedPercent: number;
}
export interface NodeUse extends NodeCapacity {
  /** GameServers and Containers. */
  readonly containers: number;
}
/** What containers may ask for on a node: its capacity without what is reserved for the machine itself. */
export function allocatableOf({ status }: Pick<Node, "status">): NodeCapacity {
  return status.allocatable ?? status.capacity;
}

export interface Node extends ResourceOf<"Node", NodeSpec, NodeStatus> {}

/** No time at all: nothing was heard. */
export const NEVER_HEARD = "1970-01-01T00:00:00Z";

/** What is known of a node before it has said anything. */
export const NOT_HEARD: NodeStatus = {
  ready: false,
  heartbeatAt: NEVER_HEARD,
  message: "it has not said anything yet",
  address: "",
  addresses: [],
  capacity: { cpuMilli: 0, memoryBytes: 0 },
  portRange: { min: 7_000, max: 8_000 },
  driver: "process",
  isolation: "",
  version: "",
  images: [],
};
