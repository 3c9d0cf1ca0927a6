import type { WaitingLine } from "../../allocator/waiting-line.ts";
import type { Clock } from "../../core/std/clock.ts";
import type { Logger } from "../../core/std/logger.ts";
import type { Metrics } from "../../monitor/metrics.ts";
import type { RoomMetrics } from "../../monitor/room-metrics.ts";
import { LiveSamples, SAMPLE_BOUNDS } from "../../monitor/samples/live-samples.ts";
import type { PlatformSenses } from "../../monitor/samples/platform-senses.ts";
import { appendHistogram, showSamples } from "../../monitor/samples/sample-gauges.ts";
import type { ResourceStore } from "../../store/resource-store.ts";

/** What is measured, put together from the parts that measure it. */
export function samplesOf(parts: {
  readonly store: ResourceStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly senses: PlatformSenses;
  readonly line: WaitingLine;
  readonly metrics: Metrics;
  readonly roomMetrics: RoomMetrics;
}): LiveSamples {
  const { store, clock, logger, senses, line, metrics, roomMetrics } = parts;
  metrics.onAllocated = senses.allocated;
  senses.onAppended = appendHistogram(metrics);
  const samples = new LiveSamples({
    ...{ store, clock, logger, bounds: SAMPLE_BOUNDS },
    platform: (seconds) => ({ ...senses.take(seconds), waiting: line.size }),
    roomsOf: (namespace, fleet) => roomMetrics.roomsOf(namespace, fleet),
  });
  showSamples(samples, store, metrics);
  return samples;
}
