import type { Probe, RestartPolicy, Volume, VolumeMount } from "./container.ts";
import type { Subject } from "./link.ts";

/** One host port and what it leads to. */
export interface PortMap {
  readonly name: string;
  readonly protocol: "udp" | "tcp";
  readonly hostPort: number;
  readonly containerPort: number;
}

/** Limits in the kernel's units. */
export interface Limits {
  /** 1000 = one core; 0 = none. */
  readonly cpuMilli: number;
  /** 0 = none. */
  readonly memoryBytes: number;
  readonly pidsMax: number;
}

/**
 * A container as wanted on a node: what a GameServer's or Container's spec means, with everything decided that can be
 * decided without looking at the machine. Made by `containerPlanOf` (pure).
 */
export interface ContainerPlan {
  readonly subject: Subject;
  /** Unique for one life of one resource: the uid's first 12 hexadecimal digits. Names its cgroup, folders and logs. */
  readonly id: string;
  readonly hostname: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly workingDir?: string;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  /** User inside the container; never host root. */
  readonly user: number;
  readonly readOnlyRoot: boolean;
  readonly network: { readonly namespace: string; readonly name: string };
  readonly address?: string;
  readonly ports: readonly PortMap[];
  readonly volumes: readonly Volume[];
  readonly mounts: readonly VolumeMount[];
  readonly limits: Limits;
  /** CPU is limited only once this is true (a GameServer's boot is not throttled). */
  readonly cpuLimited: boolean;
  readonly stopGraceMs: number;
  readonly restartPolicy: RestartPolicy;
  /** Another value than at the start asks for a restart. */
  readonly restartToken: string;
  readonly probe?: Probe;
  /** SDK ports as the game sees them; absent for plain Containers. */
  readonly sdk?: { readonly grpcPort: number; readonly httpPort: number };
}
