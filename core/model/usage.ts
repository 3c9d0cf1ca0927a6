/** Containers of one node that one batch of measurements may tell of; a machine with more tells of the first ones. */
export const USAGE_ROWS_MAX = 4_000;

/** One container: its id, CPU time since its start in microseconds, memory in bytes, processes. */
export type UsageRow = readonly [id: string, cpuMicros: number, memoryBytes: number, pids: number];

/**
 * What a node measured of all its containers in one moment: `POST /link/v1/nodes/{node}/usage`, once a second. It is
 * kept for some seconds in memory and never written down. CPU time grows, so a lost batch loses nothing.
 */
export interface Usage {
  /** Of the node's own monotonic clock, in milliseconds. */
  readonly atMs: number;
  readonly rows: readonly UsageRow[];
}
