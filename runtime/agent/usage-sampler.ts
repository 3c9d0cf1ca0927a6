import {
  type DetailColumn,
  type MachineUsage,
  NOT_MEASURED,
  USAGE_COLUMNS,
  USAGE_COLUMNS_MIN,
  USAGE_ROWS_MAX,
  type Usage,
  type UsageRow,
} from "../../core/model/usage.ts";
import type { Clock } from "../../core/std/clock.ts";
import { messageOf } from "../../core/std/errors.ts";
import type { Logger } from "../../core/std/logger.ts";
import type { ContainerDriver, ContainerStats } from "../container/driver.ts";

export interface UsageSamplerOptions {
  readonly driver: Pick<ContainerDriver, "stats">;
  /** What the machine itself says; undefined where it says nothing. */
  readonly machine: () => MachineUsage | undefined;
  readonly send: (usage: Usage) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly everyMs: number;
}

/**
 * Tells the control plane what containers use, until `signal` is aborted. One batch is under way at a time, and one that
 * does not arrive is not sent again: the next one says more.
 */
export async function sampleUsage(
  { driver, machine, send, clock, logger, everyMs }: UsageSamplerOptions,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    try {
      await clock.sleep(everyMs, signal);
    } catch {
      return;
    }
    try {
      const stats = await driver.stats();
      const atMs = Math.round(clock.monotonic());
      const itself = machine();
      await send({ atMs, rows: rowsOf(stats), ...(itself ? { machine: itself } : {}) });
    } catch (error) {
      logger.debug({ error: messageOf(error) }, "the control plane did not take measurements");
    }
  }
}

function rowsOf(stats: readonly ContainerStats[]): readonly UsageRow[] {
  return stats
    .slice(0, USAGE_ROWS_MAX)
    .map(({ id, cpuNanos, memoryBytes, pids, details }) => [
      id,
      Math.round(cpuNanos / 1_000),
      memoryBytes,
      pids,
      ...DETAILS.map((column) => Math.round(details[column] ?? NOT_MEASURED)),
    ]);
}
const DETAILS = USAGE_COLUMNS.slice(USAGE_COLUMNS_MIN) as readonly DetailColumn[];
