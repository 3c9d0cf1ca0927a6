import type { IntOrPercent } from "./fleet.ts";
import type { ResourceOf } from "./resource.ts";

export interface BufferPolicy {
  readonly bufferSize: IntOrPercent;
  readonly minReplicas: number;
  readonly maxReplicas: number;
}
export interface FleetAutoscalerSpec {
  readonly fleetName: string;
  readonly policy: { readonly type: "Buffer"; readonly buffer: BufferPolicy };
  readonly sync: {
    readonly type: "FixedInterval";
    readonly fixedInterval: { readonly seconds: number };
  };
}
export interface FleetAutoscalerStatus {
  readonly currentReplicas: number;
  readonly desiredReplicas: number;
  readonly lastScaleTime?: string;
  readonly ableToScale: boolean;
  readonly scalingLimited: boolean;
  readonly lastAppliedPolicy?: string;
  readonly reason?: string;
  readonly message?: string;
}
export interface FleetAutoscaler
  extends ResourceOf<"FleetAutoscaler", FleetAutoscalerSpec, FleetAutoscalerStatus> {}
