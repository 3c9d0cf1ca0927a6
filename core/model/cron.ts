/** Minutes, hours and so on at which something begins; the five fields of a crontab line. */
export interface Cron {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly weekdays: ReadonlySet<number>;
  /** As crontab(5): when both fields of days say something, one of them is enough. */
  readonly eitherDay: boolean;
}

const FIELDS = [
  { name: "minute", from: 0, to: 59, words: [] },
  { name: "hour", from: 0, to: 23, words: [] },
  { name: "day", from: 1, to: 31, words: [] },
  {
    name: "month",
    from: 1,
    to: 12,
    words: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
  },
  { name: "weekday", from: 0, to: 7, words: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
] as const;
type Field = (typeof FIELDS)[number];

/** The times that a crontab line of five fields names, or what is wrong with it. */
export function parseCron(text: string): Cron | string {
  const parts = text.trim().split(/\s+/);
  if (/^(TZ|CRON_TZ)=/.test(text)) return "must not name a time zone: use timezone";
  if (parts.length !== FIELDS.length) return `must have five fields, found ${parts.length}`;
  const sets: Set<number>[] = [];
  for (const [i, field] of FIELDS.entries()) {
    const set = parseField(parts[i] ?? "", field);
    if (!set) return `has no ${field.name} in ${JSON.stringify(parts[i])}`;
    sets.push(set);
  }
  const [minutes, hours, days, months, weekdays] = sets as [
    ...[Set<number>, Set<number>, Set<number>, Set<number>, Set<number>],
  ];
  if (weekdays.has(7)) weekdays.add(0);
  const isStar = (part = ""): boolean => part.startsWith("*") || part.startsWith("?");
  const eitherDay = !isStar(parts[2]) && !isStar(parts[4]);
  return { minutes, hours, days, months, weekdays, eitherDay };
}

/** `*`, `5`, `1-5`, `mon-fri`, `*` with a step, lists of these; undefined when it is none. */
function parseField(text: string, field: Field): Set<number> | undefined {
  const found = new Set<number>();
  for (const part of text.toLowerCase().split(",")) {
    const match = /^(\*|\?|[a-z0-9]+)(?:-([a-z0-9]+))?(?:\/(\d{1,2}))?$/.exec(part);
    if (!match) return undefined;
    const [, first = "", last, step] = match;
    const isStar = first === "*" || first === "?";
    const from = isStar ? field.from : numberOf(first, field);
    const open = isStar || (step !== undefined && last === undefined);
    const to = last === undefined ? (open ? field.to : from) : numberOf(last, field);
    const by = Number(step ?? 1);
    if (from === undefined || to === undefined || from > to || by < 1) return undefined;
    if (isStar && last !== undefined) return undefined;
    for (let n = from; n <= to; n += by) found.add(n);
  }
  return found;
}

function numberOf(text: string, { from, to, words }: Field): number | undefined {
  const at = (words as readonly string[]).indexOf(text);
  if (at >= 0) return at + from;
  const value = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  return value >= from && value <= to ? value : undefined;
}

const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000 };

/** Milliseconds of `1h30m`, as Go writes durations; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d{1,8}(\.\d{1,9})?[hms])+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)([hms])/g))
    sum += Number(amount) * (UNITS[unit ?? "s"] ?? 0);
  return sum;
}
