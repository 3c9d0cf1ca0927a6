import { expect, it } from "vitest";
import type { SchedulePolicy } from "../../../core/model/fleet-autoscaler.ts";
import { parseRfc3339 } from "../../../core/std/clock.ts";
import { isScheduleActive } from "./schedule.ts";

const buffer = {
  type: "Buffer",
  buffer: { bufferSize: 1, minReplicas: 0, maxReplicas: 1 },
} as const;
const active = (startCron: string, duration: string, timezone = "") =>
  ({ activePeriod: { startCron, duration, timezone } }) as const;
const between = (start: string | undefined, end: string | undefined) =>
  ({ between: { ...(start ? { start } : {}), ...(end ? { end } : {}) } }) as const;

// biome-ignore format: a table is read by its columns
it.each([
  ["without times it always holds", {}, "2026-03-01T00:00:00Z", true],
  ["not before its start", between("2026-03-02T00:00:00Z", undefined), "2026-03-01T00:00:00Z", false],
  ["not after its end", between(undefined, "2026-03-02T00:00:00Z"), "2026-03-02T00:00:01Z", false],
  ["between both", between("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z"), "2026-03-01T12:00:00Z", true],
  ["in its period", active("0 14 * * *", "1h"), "2026-08-01T14:30:00Z", true],
  ["not after its period", active("0 14 * * *", "1h"), "2026-08-01T15:00:01Z", false],
  ["from ninety seconds before its start on, as in Agones", active("0 14 * * *", "1h"), "2026-08-01T13:58:31Z", true],
  ["not earlier than that", active("0 14 * * *", "1h"), "2026-08-01T13:58:29Z", false],
  ["over midnight", active("0 22 * * *", "4h"), "2026-08-02T01:00:00Z", true],
  ["by the clock of its zone", active("0 9 * * *", "1h", "Asia/Seoul"), "2026-08-01T00:30:00Z", true],
  ["not by ours", active("0 9 * * *", "1h", "Asia/Seoul"), "2026-08-01T09:30:00Z", false],
  ["on its days of the week", active("0 0 * * sat,sun", "24h"), "2026-08-01T12:00:00Z", true],
  ["not on others", active("0 0 * * sat,sun", "24h"), "2026-08-03T12:00:00Z", false],
  ["on its days of the month", active("0 0 1,15 * *", "24h"), "2026-08-15T23:59:00Z", true],
  ["in its months", active("0 0 * jan-mar *", "24h"), "2026-08-15T12:00:00Z", false],
  ["every so many minutes", active("*/20 * * * *", "5m"), "2026-08-15T12:43:00Z", true],
  ["not between them", active("*/20 * * * *", "5m"), "2026-08-15T12:50:00Z", false],
  ["on one day or the other when both fields say something, as crontab(5)", active("0 0 1 * sun", "24h"), "2026-08-02T12:00:00Z", true],
  ["for ever from its first start on, without a duration", active("0 14 * * *", ""), "2026-08-02T12:00:00Z", true],
  ["on the day the clocks go forward", active("30 1 * * *", "3h", "Europe/Berlin"), "2026-03-29T02:00:00Z", true],
  ["from the midnight after a day that is an hour shorter", active("0 0 30 3 *", "240h", "Europe/Berlin"), "2026-03-29T22:30:00Z", true],
  ["from the midnight after a day that is two hours shorter", active("0 0 30 3 *", "240h", "Antarctica/Troll"), "2026-03-29T22:30:00Z", true],
  ["from the midnight after a day that is an hour longer", active("0 0 26 10 *", "240h", "Europe/Berlin"), "2026-10-25T23:30:00Z", true],
  ["to the end of a period of most of a year", active("0 0 1 1 *", "8000h"), "2026-11-30T07:59:00Z", true],
  ["not after that", active("0 0 1 1 *", "8000h"), "2026-11-30T08:01:00Z", false],
] as const)("%s", (_, schedule, now, holds) => {
  const policy: SchedulePolicy = { ...schedule, policy: buffer };
  expect(isScheduleActive(policy, parseRfc3339(now) ?? 0)).toBe(holds);
});
