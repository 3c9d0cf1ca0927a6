import type { ContainerTemplate, PodTemplate, Protocol } from "./container.ts";
import type { GameServerState } from "./game-server-state.ts";
import type { ResourceOf } from "./resource.ts";

export type PortPolicy = "Dynamic" | "Static" | "Passthrough" | "None";
export type Scheduling = "Packed" | "Distributed";

/** One port of a game server; which fields are allowed depends on the policy (agones.dev). */
export interface GameServerPort {
  readonly name: string;
  readonly portPolicy: PortPolicy;
  readonly range: string;
  /** TCPUDP is split at creation into `<name>-tcp` and `<name>-udp` with the same host port. */
  readonly protocol: Protocol | "TCPUDP";
  readonly container?: string;
  readonly containerPort?: number;
  readonly hostPort?: number;
}

export interface Health {
  readonly disabled: boolean;
  readonly initialDelaySeconds: number;
  readonly periodSeconds: number;
  readonly failureThreshold: number;
}

export interface Counter {
  readonly count: number;
  readonly capacity: number;
}
export interface List {
  readonly capacity: number;
  readonly values: readonly string[];
}
export type Counters = { readonly [key: string]: Counter };
export type Lists = { readonly [key: string]: List };

export interface GameServerSpec {
  readonly container: string;
  readonly ports: readonly GameServerPort[];
  readonly health: Health;
  readonly scheduling: Scheduling;
  readonly sdkServer: {
    readonly logLevel: "Error" | "Info" | "Debug" | "Trace";
    readonly grpcPort: number;
    readonly httpPort: number;
  };
  readonly counters?: Counters;
  readonly lists?: Lists;
  readonly eviction?: { readonly safe: "Always" | "OnUpgrade" | "Never" };
  readonly template: PodTemplate;
}

export interface Address {
  readonly type: string;
  readonly address: string;
}
export interface StatusPort {
  readonly name: string;
  readonly port: number;
}

/** What the node saw of the container last; ours, beside Agones' fields. */
export interface ContainerSeen {
  readonly id: string;
  readonly pid?: number;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  readonly exitCode?: number;
  readonly signal?: string;
  readonly oomKilled?: boolean;
  readonly restarts?: number;
}

export interface GameServerStatus {
  readonly state: GameServerState;
  readonly ports: readonly StatusPort[];
  readonly address: string;
  readonly addresses: readonly Address[];
  readonly nodeName: string;
  readonly reservedUntil?: string;
  readonly counters?: Counters;
  readonly lists?: Lists;
  /** How many Rooms there are on it; ours. Present from its first room until it is Allocated no more. */
  readonly rooms?: number;
  /** The last Readys and changes of Counters and Lists by the SDK, newest last: the same call again is not done twice. */
  readonly lastSdkCall?: string;
  readonly eviction?: { readonly safe: "Always" | "OnUpgrade" | "Never" };
  /** Why it is in this state: a reason and a sentence for people. */
  readonly reason?: string;
  readonly message?: string;
  readonly container?: ContainerSeen;
  /** `unknown` after the door was restarted, until the next ping. */
  readonly health?: "healthy" | "unknown" | "unhealthy";
}

export interface GameServer extends ResourceOf<"GameServer", GameServerSpec, GameServerStatus> {}

/** The container of the template that is the game; validation has made sure that there is exactly one. */
export function gameContainerOf(spec: GameServerSpec): ContainerTemplate {
  const found = spec.template.spec.containers.find((c) => c.name === spec.container);
  const chosen = found ?? spec.template.spec.containers[0];
  if (!chosen) throw new Error("bug: a stored game server has no container");
  return chosen;
}

/** True for an external process that was only registered: no container, no node. */
export const DEV_ADDRESS = "agones.dev/dev-address";
export function devAddressOf(gameServer: GameServer): string | undefined {
  return gameServer.metadata.annotations?.[DEV_ADDRESS];
}

/** Annotation of a template: what is done about a game server whose node is cut off (`fleet/decide/node-loss.ts`). */
export const NODE_LOSS = "flotilla.dev/node-loss";
export const NODE_LOSS_POLICIES = ["keep", "replace", "stop"] as const;
export type NodeLossPolicy = (typeof NODE_LOSS_POLICIES)[number];

/** Annotation with the time of the last allocation (RFC 3339), as Agones sets it. */
export const LAST_ALLOCATED = "agones.dev/last-allocated";
