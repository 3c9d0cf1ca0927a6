import type { FleetAutoscalerSpec } from "../../core/model/fleet-autoscaler.ts";

export interface ScaleDecision {
  readonly desired: number;
  /** The policy's bounds changed what it wanted. */
  readonly limited: boolean;
  /** The computation in words: what an event and `describe` show. */
  readonly message: string;
}

/**
 * Agones' Buffer policy: `bufferSize` servers beyond the allocated ones, or so many that `bufferSize` percent of all
 * are free; then clamped. Reserved servers are part of the buffer.
 */
export function decideBuffer(spec: FleetAutoscalerSpec, allocated: number): ScaleDecision {
  const { bufferSize, minReplicas, maxReplicas } = spec.policy.buffer;
  const wanted =
    typeof bufferSize === "number"
      ? allocated + bufferSize
      : Math.ceil((allocated * 100) / (100 - Number.parseInt(bufferSize, 10)));
  const desired = Math.min(maxReplicas, Math.max(minReplicas, wanted));
  const clamp = desired === wanted ? "" : `, held to ${minReplicas}..${maxReplicas}`;
  const message = `${allocated} allocated and a buffer of ${bufferSize} want ${wanted}${clamp}`;
  return { desired, limited: desired !== wanted, message };
}
