import { type Cron, parseCron, parseDuration } from "../../../core/model/cron.ts";
import type { SchedulePolicy } from "../../../core/model/fleet-autoscaler.ts";
import { parseRfc3339 } from "../../../core/std/clock.ts";

/** Agones begins a period so much early, for days on which clocks are moved. */
const EARLY_MS = 90_000;
const MINUTE_MS = 60_000;
const SEARCH_MAX_MS = 366 * 24 * 60 * MINUTE_MS;

/** Whether a schedule holds at `now` (milliseconds since 1970), as Agones computes it. */
export function isScheduleActive({ between, activePeriod }: SchedulePolicy, now: number): boolean {
  const start = parseRfc3339(between?.start ?? "");
  const end = parseRfc3339(between?.end ?? "");
  if ((start !== undefined && now < start) || (end !== undefined && now > end)) return false;
  const { timezone = "", startCron = "", duration = "" } = activePeriod ?? {};
  const cron = startCron === "" ? undefined : parseCron(startCron);
  if (cron === undefined || typeof cron === "string") return true;
  const lastsMs = duration === "" ? undefined : parseDuration(duration);
  if (lastsMs === undefined) return true;
  const from = now - Math.min(lastsMs, SEARCH_MAX_MS);
  const begin = firstStart(cron, timezone || "UTC", from, now + EARLY_MS);
  return begin !== undefined && now > begin - EARLY_MS && now < begin + lastsMs;
}

/** The first start after `from` and not after `to`, looked for by the zone's clock: hour by hour on days that count. */
function firstStart(cron: Cron, timeZone: string, from: number, to: number): number | undefined {
  const clock = clockOf(timeZone);
  let at = Math.floor(from / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
  while (at <= to) {
    const wall = wallOf(clock, at);
    if (isHourOf(cron, wall))
      for (let minute = wall.minute; minute < 60; minute++)
        if (cron.minutes.has(minute)) {
          const begin = at + (minute - wall.minute) * MINUTE_MS;
          return begin <= to ? begin : undefined;
        }
    // To 22 o'clock and not to midnight: a day on which clocks are moved is up to two hours shorter.
    const hours = isDayOf(cron, wall) ? 1 : Math.max(1, 22 - wall.hour);
    at += (60 * hours - wall.minute) * MINUTE_MS;
  }
  return undefined;
}

interface Wall {
  readonly minute: number;
  readonly hour: number;
  readonly day: number;
  readonly month: number;
  readonly weekday: number;
}
const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const clocks = new Map<string, Intl.DateTimeFormat>();
const CLOCKS_MAX = 64;

function clockOf(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone);
  if (known) return known;
  const clock = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    weekday: "short",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  if (clocks.size >= CLOCKS_MAX) clocks.clear();
  clocks.set(timeZone, clock);
  return clock;
}

function wallOf(clock: Intl.DateTimeFormat, at: number): Wall {
  const parts = new Map(clock.formatToParts(at).map(({ type, value }) => [type, value]));
  const number = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type));
  return {
    minute: number("minute"),
    hour: number("hour"),
    day: number("day"),
    month: number("month"),
    weekday: WEEKDAYS.indexOf(parts.get("weekday") ?? ""),
  };
}

function isHourOf(cron: Cron, wall: Wall): boolean {
  return cron.hours.has(wall.hour) && isDayOf(cron, wall);
}

function isDayOf(cron: Cron, { day, month, weekday }: Wall): boolean {
  if (!cron.months.has(month)) return false;
  const [isDay, isWeekday] = [cron.days.has(day), cron.weekdays.has(weekday)];
  return cron.eitherDay ? isDay || isWeekday : isDay && isWeekday;
}
