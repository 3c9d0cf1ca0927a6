/** What the numbers of a series mean; `milli` is thousandths of a core. */
export type SampleUnit =
  | "milli"
  | "bytes"
  | "count"
  | "ms"
  | "perSecond"
  | "bytesPerSecond"
  | "percent";

/** Of one container, in the order in which they are kept. */
export const CONTAINER_METRICS = [
  "cpu",
  "throttled",
  "memory",
  "pids",
  "received",
  "sent",
  "packetsReceived",
  "packetsSent",
  "read",
  "written",
  "pressureCpu",
  "pressureMemory",
  "pressureIo",
  "players",
  "rooms",
] as const;
export type ContainerMetric = (typeof CONTAINER_METRICS)[number];

export const FLEET_METRICS = [
  "replicas",
  "ready",
  "allocated",
  "reserved",
  "desired",
  "players",
  "playersMax",
  "rooms",
  "cpu",
  "memory",
] as const;

export const SERVICE_METRICS = ["replicas", "ready", "desired", "cpu", "memory"] as const;

/** `cpu`, `memory` and `load` are the machine's, `containersCpu` and `containersMemory` the sums of its containers. */
export const NODE_METRICS = [
  "cpu",
  "memory",
  "load",
  "containers",
  "containersCpu",
  "containersMemory",
] as const;

export const PLATFORM_METRICS = [
  "allocations",
  "allocationP50",
  "allocationP99",
  "refused",
  "waiting",
  "storeP99",
  "loopLag",
  "memory",
  "players",
  "rooms",
] as const;
export type PlatformMetric = (typeof PLATFORM_METRICS)[number];

/** Everything that is kept as a series, by the kind that it is of. */
export interface MetricsOf {
  readonly Container: typeof CONTAINER_METRICS;
  readonly GameServer: typeof CONTAINER_METRICS;
  readonly Service: typeof SERVICE_METRICS;
  readonly Fleet: typeof FLEET_METRICS;
  readonly Node: typeof NODE_METRICS;
  readonly Platform: typeof PLATFORM_METRICS;
}
export type SampledKind = keyof MetricsOf;
export type MetricName = MetricsOf[SampledKind][number];

/** The metrics of each kind. */
export const METRICS_OF: MetricsOf = {
  Container: CONTAINER_METRICS,
  GameServer: CONTAINER_METRICS,
  Service: SERVICE_METRICS,
  Fleet: FLEET_METRICS,
  Node: NODE_METRICS,
  Platform: PLATFORM_METRICS,
};

/** `throttled` and the pressures are percent of the time; `memory` of a point of 15 s is its highest. */
export const UNIT_OF: Readonly<Record<MetricName, SampleUnit>> = {
  cpu: "milli",
  throttled: "percent",
  memory: "bytes",
  pids: "count",
  received: "bytesPerSecond",
  sent: "bytesPerSecond",
  packetsReceived: "perSecond",
  packetsSent: "perSecond",
  read: "bytesPerSecond",
  written: "bytesPerSecond",
  pressureCpu: "percent",
  pressureMemory: "percent",
  pressureIo: "percent",
  players: "count",
  playersMax: "count",
  rooms: "count",
  replicas: "count",
  ready: "count",
  allocated: "count",
  reserved: "count",
  desired: "count",
  load: "count",
  containers: "count",
  containersCpu: "milli",
  containersMemory: "bytes",
  allocations: "perSecond",
  allocationP50: "ms",
  allocationP99: "ms",
  refused: "perSecond",
  waiting: "count",
  storeP99: "ms",
  loopLag: "ms",
};
