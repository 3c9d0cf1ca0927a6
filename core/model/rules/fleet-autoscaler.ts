import type { Problem } from "../../std/errors.ts";
import type { BufferPolicy, FleetAutoscaler } from "../fleet-autoscaler.ts";
import { type Rules, unless } from "./rules.ts";

export const FLEET_AUTOSCALER_RULES: Rules<"FleetAutoscaler"> = {
  check: ({ spec }: FleetAutoscaler): readonly Problem[] => {
    const buffer = spec.policy.buffer as BufferPolicy | undefined;
    const isMissing = spec.policy.type === "Buffer" && buffer === undefined;
    const message = "is required with type Buffer, found nothing";
    return [
      ...unless(!isMissing, "spec.policy.buffer", message),
      ...(buffer ? checkBuffer(buffer, "spec.policy.buffer") : []),
    ];
  },
  firstStatus: () => ({
    currentReplicas: 0,
    desiredReplicas: 0,
    ableToScale: false,
    scalingLimited: false,
  }),
};

/** Agones' rules: the bounds must leave room for the buffer, and a share of nothing would never scale up. */
function checkBuffer(policy: BufferPolicy, path: string): Problem[] {
  const { bufferSize, minReplicas, maxReplicas } = policy;
  const order = unless(
    minReplicas <= maxReplicas,
    `${path}.minReplicas`,
    `must be at most maxReplicas (${maxReplicas}), found ${minReplicas}`,
  );
  if (typeof bufferSize !== "number") {
    const message = `must be at least 1 when bufferSize is a percentage, found ${minReplicas}`;
    return [...order, ...unless(minReplicas >= 1, `${path}.minReplicas`, message)];
  }
  return [
    ...order,
    ...unless(
      maxReplicas >= bufferSize,
      `${path}.maxReplicas`,
      `must be at least bufferSize (${bufferSize}), found ${maxReplicas}`,
    ),
    ...unless(
      minReplicas === 0 || minReplicas >= bufferSize,
      `${path}.minReplicas`,
      `must be 0 or at least bufferSize (${bufferSize}), found ${minReplicas}`,
    ),
  ];
}
