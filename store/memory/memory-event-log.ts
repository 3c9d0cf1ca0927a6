import type { EventLog } from "../event-log.ts";
import { LiveEventLog, type LiveEventLogOptions } from "../live-event-log.ts";

/** Events that are forgotten with the process. */
export function openMemoryEventLog(options: LiveEventLogOptions): EventLog {
  return new LiveEventLog(options);
}
