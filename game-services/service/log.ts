import { pino } from "pino";
import type { Logger } from "../../core/std/logger.ts";

/** One line of JSON per fact on standard output, where the platform's logs take it. */
export function serviceLogger(service: string, level: string): Logger {
  return pino({ level, base: { service }, timestamp: pino.stdTimeFunctions.isoTime });
}
