import type { ContainerSeen } from "./game-server.ts";
import { milliOf } from "./quantity.ts";
import type { Labels, ResourceOf } from "./resource.ts";

export type Protocol = "UDP" | "TCP";

/** A Kubernetes quantity (`500m`, `200Mi`) as it was written. */
export type Quantity = string | number;
export interface Resources {
  readonly cpu?: Quantity;
  readonly memory?: Quantity;
  /** Processes and threads; ours (Kubernetes has no such request). */
  readonly pids?: Quantity;
}

/** Thousandths of a core that a container asks for, or may use when it asks for none; 0 when it says nothing. */
export function cpuBasisOf({
  resources: { requests, limits } = {},
}: {
  readonly resources?: ContainerTemplate["resources"];
}): number {
  return milliOf(requests?.cpu) || milliOf(limits?.cpu) || 0;
}

export interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: number };
  readonly tcpSocket?: { readonly port: number };
  readonly exec?: { readonly command: readonly string[] };
  readonly initialDelaySeconds: number;
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
}

/** One container of a pod template, or the spec of a Container: Kubernetes' names, the part that means something here. */
export interface ContainerTemplate {
  readonly name: string;
  readonly image: string;
  readonly imagePullPolicy?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly workingDir?: string;
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly ports?: readonly ContainerPort[];
  readonly resources?: { readonly limits?: Resources; readonly requests?: Resources };
  readonly volumeMounts?: readonly VolumeMount[];
  readonly securityContext?: {
    readonly runAsUser?: number;
    readonly readOnlyRootFilesystem?: boolean;
  };
  readonly livenessProbe?: Probe;
  /** Kept as written and without meaning here; the API answers with a warning. */
  readonly [accepted: string]: unknown;
}

export interface ContainerPort {
  readonly name?: string;
  readonly containerPort: number;
  readonly hostPort?: number;
  readonly protocol?: Protocol;
}

export interface VolumeMount {
  readonly name: string;
  readonly mountPath: string;
  readonly readOnly?: boolean;
}

/**
 * `named` is a folder of the node that outlives containers. `secret` is a file of the state folder's `secrets/`, shown as
 * `mountPath`, mode 0400 on tmpfs. `emptyDir` is tmpfs of `sizeLimit`.
 */
export interface Volume {
  readonly name: string;
  readonly named?: { readonly volume: string };
  readonly secret?: { readonly secretName: string };
  readonly emptyDir?: { readonly sizeLimit?: Quantity };
}

export interface PodTemplate {
  readonly metadata?: { readonly labels?: Labels; readonly annotations?: Labels };
  readonly spec: PodSpec;
}
export interface PodSpec {
  readonly containers: readonly ContainerTemplate[];
  readonly volumes?: readonly Volume[];
  readonly terminationGracePeriodSeconds?: number;
  readonly nodeSelector?: Labels;
  /** Name of a Network in the same namespace; ours. */
  readonly network?: string;
  readonly [accepted: string]: unknown;
}

export type RestartPolicy = "Always" | "OnFailure" | "Never";

/** One container on one machine: the seed of everything. */
export interface ContainerSpec extends ContainerTemplate {
  /** Until it succeeds, and while it fails, the container is not ready. */
  readonly readinessProbe?: Probe;
  /** Seconds between leaving the service that it is a replica of and TERM. */
  readonly drainSeconds?: number;
  /** It reaches the control plane's API; it needs a token there as everybody does. */
  readonly platformApi?: boolean;
  readonly network: string;
  /** A fixed address inside the network's subnet. */
  readonly address?: string;
  readonly nodeName?: string;
  readonly nodeSelector?: Labels;
  readonly volumes?: readonly Volume[];
  readonly restartPolicy: RestartPolicy;
  readonly terminationGracePeriodSeconds: number;
  /** `false` stops it and keeps it; `flotilla stop` and `start` write this. */
  readonly running: boolean;
  /** Changed by `flotilla restart`: another value than the one seen at the start means: once more. */
  readonly restartedAt?: string;
}

/** Waiting for a node → Starting → Running → Exited, Backoff (to be started again), Stopped (by wish) or Failed. */
export type ContainerPhase =
  | "Pending"
  | "Starting"
  | "Running"
  | "Backoff"
  | "Exited"
  | "Stopped"
  | "Failed";

export interface ContainerStatus {
  readonly phase: ContainerPhase;
  readonly nodeName: string;
  readonly address: string;
  readonly ports: readonly { readonly name: string; readonly port: number }[];
  /** It runs, and its readiness probe succeeds if it has one. */
  readonly ready?: boolean;
  readonly reason?: string;
  readonly message?: string;
  readonly container?: ContainerSeen;
  /** It is to leave its node; when nothing of it is left there, it is placed anew. */
  readonly moving?: boolean;
}

export interface Container extends ResourceOf<"Container", ContainerSpec, ContainerStatus> {}
