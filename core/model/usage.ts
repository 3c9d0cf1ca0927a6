/** Containers of one node that one batch of measurements may tell of; a machine with more tells of the first ones. */
export const USAGE_ROWS_MAX = 4_000;

/**
 * What stands where in a row, behind the container's id. Counters grow from the container's start on; times are
 * microseconds. A newer agent adds columns at the end, an older one sends fewer: the first three are always there.
 */
export const USAGE_COLUMNS = [
  "cpuMicros",
  "memoryBytes",
  "pids",
  "throttledMicros",
  "receivedBytes",
  "sentBytes",
  "receivedPackets",
  "sentPackets",
  "readBytes",
  "writtenBytes",
  "cpuPressureMicros",
  "memoryPressureMicros",
  "ioPressureMicros",
] as const;
export type UsageColumn = (typeof USAGE_COLUMNS)[number];
/** What is counted beside CPU time, memory and processes, where the machine can. */
export type DetailColumn = Exclude<UsageColumn, "cpuMicros" | "memoryBytes" | "pids">;
/** Counters that grow; one is missing when the machine cannot count it, or did not look this time. */
export type UsageDetails = Readonly<Partial<Record<DetailColumn, number>>>;
/** What an agent of the first version sends. */
export const USAGE_COLUMNS_MIN = 3;
/** A row may have some more columns than are known here. */
export const USAGE_COLUMNS_MAX = 32;
/** Says that a machine cannot measure this, or did not look this time: what it said before stands. */
export const NOT_MEASURED = -1;

/** One container: its id, then numbers by `USAGE_COLUMNS`; NOT_MEASURED for what the machine cannot say. */
export type UsageRow = readonly [
  id: string,
  cpuMicros: number,
  memoryBytes: number,
  pids: number,
  ...more: readonly number[],
];

/** The machine itself: CPU time of all cores since its start, memory that is taken, processes that run or wait (1 min). */
export interface MachineUsage {
  readonly cpuMicros: number;
  readonly memoryBytes: number;
  readonly load: number;
}

/**
 * What a node measured of all its containers in one moment: `POST /link/v1/nodes/{node}/usage`, once a second. It is
 * kept in memory only and never written down. Counters grow, so a lost batch loses nothing.
 */
export interface Usage {
  /** Of the node's own monotonic clock, in milliseconds. */
  readonly atMs: number;
  readonly rows: readonly UsageRow[];
  readonly machine?: MachineUsage;
}

/** The place of a column in a row. */
export function columnOf(name: UsageColumn): number {
  return 1 + USAGE_COLUMNS.indexOf(name);
}
