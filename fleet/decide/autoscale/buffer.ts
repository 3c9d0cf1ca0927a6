import type { BufferPolicy } from "../../../core/model/fleet-autoscaler.ts";
import { percentOf } from "../../../core/model/int-or-percent.ts";
import { type Want, within } from "./want.ts";

/**
 * Agones' Buffer policy: `bufferSize` servers beyond the allocated ones, or so many that `bufferSize` percent of all
 * are free; then clamped. Reserved servers are part of the buffer.
 */
export function decideBuffer(policy: BufferPolicy, allocated: number): Want {
  const { bufferSize } = policy;
  const wanted =
    typeof bufferSize === "number"
      ? allocated + bufferSize
      : Math.ceil((allocated * 100) / (100 - (percentOf(bufferSize) ?? 0)));
  return within(wanted, policy, `${allocated} allocated and a buffer of ${bufferSize}`);
}
