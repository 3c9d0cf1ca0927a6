import type { ContainerMetric, MetricName, PlatformMetric } from "../../core/model/samples.ts";

/** A container that a node measures, and the resource that it runs for. */
export interface SampledContainer {
  /** `GameServer/NAMESPACE/NAME` or `Container/…`: names its series and its resource. */
  readonly key: string;
  readonly kind: "GameServer" | "Container";
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly node: string;
  readonly fleet: string | undefined;
  readonly service: string | undefined;
  /** Thousandths of a core; 0 = none. */
  readonly cpuLimit: number;
  /** Bytes; 0 = none. */
  readonly memoryLimit: number;
  /** Of the last second; NaN when it is not known. */
  latest(metric: ContainerMetric): number;
}

/** The platform's last second, by PLATFORM_METRICS; NaN for what did not happen (no allocation, no latency). */
export type PlatformSample = Readonly<Record<PlatformMetric, number>>;

/** What was measured, second by second. Keys are `KIND/NAMESPACE/NAME`, `Node//NAME`, `Platform//`. */
export interface Samples {
  /** When the last point was made; milliseconds since 1970, 0 before the first. */
  readonly now: number;
  /** Those that a node has told of in the last seconds and that are still there. */
  containers(): Iterable<SampledContainer>;
  /** The last seconds of one number, oldest first, at most `points`; NaN for what is not known, empty without a series. */
  recent(key: string, metric: MetricName, points?: number): Float64Array;
  /** Called once a second, when every series has its new point. */
  onSecond(listener: (atMs: number) => void): Disposable;
  platform(): PlatformSample;
}
