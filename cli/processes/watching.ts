import type { Clock } from "../../core/std/clock.ts";
import type { Logger } from "../../core/std/logger.ts";
import { HISTORY_LIMITS, HistoryLog } from "../../monitor/history/history-log.ts";
import type { ResourceStore } from "../../store/resource-store.ts";
import type { Config } from "../config.ts";

interface Base {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The history of the control plane, in the working folder. */
export function openHistory(
  base: Base,
  store: ResourceStore,
  { historyRows, historyDays }: Config,
): Promise<HistoryLog> {
  const bounds = { rowsMax: historyRows, daysMax: historyDays };
  return HistoryLog.open({ ...HISTORY_LIMITS, ...base, ...bounds, store, folder: "." });
}
