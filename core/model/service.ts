import type { ContainerTemplate, Probe, Protocol, RestartPolicy, Volume } from "./container.ts";
import type { IntOrPercent } from "./fleet.ts";
import type { CpuPolicy, ScalingBehavior } from "./fleet-autoscaler.ts";
import type { Reason } from "./reason.ts";
import type { Labels, ObjectMeta, OwnerReference, ResourceOf } from "./resource.ts";

/** One port of a service: `port` of its own address, and `hostPort` of the node when it has one, lead to `targetPort`. */
export interface ServicePort {
  readonly name?: string;
  readonly port: number;
  /** The replicas' port; `port` when it is not given. */
  readonly targetPort?: number;
  readonly hostPort?: number;
  readonly protocol: Protocol;
}

/** A replica: what a Container says, without what the service decides for all of them. */
export interface ReplicaSpec extends ContainerTemplate {
  readonly readinessProbe?: Probe;
  /** How long it goes on with the connections that it has, without new ones, before TERM. */
  readonly drainSeconds: number;
  readonly platformApi?: boolean;
  readonly network: string;
  readonly nodeName?: string;
  readonly nodeSelector?: Labels;
  readonly volumes?: readonly Volume[];
  readonly restartPolicy: RestartPolicy;
  readonly terminationGracePeriodSeconds: number;
}
export interface ServiceTemplate {
  readonly metadata?: { readonly labels?: Labels; readonly annotations?: Labels };
  readonly spec: ReplicaSpec;
}

/** Kubernetes' words: `ClientIP` leads one source to one replica while that one is ready. */
export type SessionAffinity = "None" | "ClientIP";

/** Replicas for the CPU that they use, in the words of a FleetAutoscaler's CPU policy. */
export interface ServiceAutoscaling extends Pick<CpuPolicy, "minReplicas" | "maxReplicas"> {
  readonly cpu: Omit<CpuPolicy, "minReplicas" | "maxReplicas">;
  readonly behavior: ScalingBehavior;
}

export interface ServiceSpec {
  /** With `autoscaling` it is the autoscaler's: an update that does not say it keeps it. At 0 the autoscaler rests. */
  readonly replicas: number;
  readonly autoscaling?: ServiceAutoscaling;
  readonly strategy: {
    readonly rollingUpdate: {
      readonly maxSurge: IntOrPercent;
      readonly maxUnavailable: IntOrPercent;
    };
  };
  readonly ports: readonly ServicePort[];
  readonly sessionAffinity: SessionAffinity;
  readonly template: ServiceTemplate;
}

export interface ServiceScalingStatus {
  readonly currentReplicas: number;
  readonly desiredReplicas: number;
  /** A bound changed what the CPU asks for. */
  readonly scalingLimited: boolean;
  readonly lastScaleTime?: string;
  readonly reason: Reason;
  readonly message: string;
}

export interface ServiceStatus {
  readonly replicas: number;
  readonly readyReplicas: number;
  readonly updatedReplicas: number;
  /** Reached from its network only; "" until it has one. */
  readonly address: string;
  /** The host ports that were given to it. */
  readonly ports: readonly { readonly name: string; readonly port: number }[];
  readonly reason?: string;
  readonly message?: string;
  readonly autoscaling?: ServiceScalingStatus;
}

/** Replicas of one container behind one address, which the kernel of each node spreads over those that are ready. */
export interface Service extends ResourceOf<"Service", ServiceSpec, ServiceStatus> {}

/** The service that a Container is a replica of. */
export const SERVICE_LABEL = "flotilla.dev/service";
/** Tells replicas of the present template from older ones. */
export const TEMPLATE_LABEL = "flotilla.dev/template-hash";

/** The Service that manages a Container; undefined when none does. */
export function serviceOwnerOf({ ownerReferences }: ObjectMeta): OwnerReference | undefined {
  return ownerReferences?.find(({ kind, controller }) => kind === "Service" && controller);
}
