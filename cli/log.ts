import { pino } from "pino";
import type { Logger } from "../core/std/logger.ts";

/** JSON lines on standard error, which whoever started us keeps in a file. */
export function processLogger(part: string, level: string): Logger {
  const options = { level, base: { part }, timestamp: pino.stdTimeFunctions.isoTime };
  return pino(options, pino.destination({ fd: 2, sync: true }));
}
