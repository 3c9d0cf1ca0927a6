import {
  type AlertAction,
  type AlertBook,
  alertKeyOf,
  type BookedAlert,
  type Finding,
} from "./alert-book.ts";
import { RULES } from "./rules.ts";
import { silenced } from "./silenced.ts";

/** Open alerts; more are not opened: an alert that nobody can read helps nobody. */
export const OPEN_MAX = 500;
const RESOLVED_MAX = 200;
const RESOLVED_KEPT_MS = 24 * 3_600_000;
/** What comes back so soon is the same alert, and must be well for longer each time. */
const FLAP_MS = 600_000;
const FLAPS_MAX = 5;

export interface AlertDecision {
  readonly book: AlertBook;
  readonly actions: readonly AlertAction[];
}

/** Takes what the rules have found into the book: pending → firing → resolved, and what of it is to be told. Pure. */
export function decideAlerts(
  book: AlertBook,
  findings: readonly Finding[],
  now: number,
): AlertDecision {
  const found = new Map(findings.map((finding) => [alertKeyOf(finding), finding]));
  const silences = book.silences.filter(({ endsAtMs }) => endsAtMs > now);
  const known = new Set(book.open.map(alertKeyOf));
  const kept = book.open.map((alert) => nextOf(alert, found.get(alertKeyOf(alert)), now));
  const opened = openNew({ ...book, open: kept }, known, found, now);
  const all = [...kept, ...opened.alerts].filter((alert) => alert !== undefined);
  const told = all.map((alert) => tellOf(silenced(alert, silences)));
  const after = told.map(({ alert }) => alert);
  const resolved = [...opened.resolved, ...after.filter(({ state }) => state === "resolved")];
  return {
    book: {
      open: after.filter(({ state }) => state !== "resolved"),
      resolved: resolved
        .filter(({ resolvedAtMs = now }) => now - resolvedAtMs < RESOLVED_KEPT_MS)
        .slice(-RESOLVED_MAX),
      silences,
      made: book.made + opened.made,
    },
    actions: told.flatMap(({ action }) => action ?? []),
  };
}

/** What an open alert becomes; undefined when it never fired and is over. */
function nextOf(
  alert: BookedAlert,
  finding: Finding | undefined,
  now: number,
): BookedAlert | undefined {
  const { wellSinceMs, ...rest } = alert;
  const { forMs, resolveMs } = RULES[alert.rule];
  if (finding?.level === "over") {
    const { summary, value, threshold } = finding;
    const seen = { ...rest, summary, ...numbersOf({ value, threshold }) };
    const isDue = alert.state === "pending" && now - alert.pendingAtMs >= forMs;
    return isDue ? { ...seen, state: "firing", firedAtMs: now } : seen;
  }
  if (finding) return alert.state === "firing" ? rest : undefined;
  if (alert.state === "pending") return undefined;
  const since = wellSinceMs ?? now;
  const wait = resolveMs * 2 ** Math.min(alert.flaps, FLAPS_MAX);
  if (now - since < wait) return { ...rest, wellSinceMs: since };
  return { ...rest, state: "resolved", resolvedAtMs: now };
}

function numbersOf(numbers: {
  readonly value?: number | undefined;
  readonly threshold?: number | undefined;
}) {
  const { value, threshold } = numbers;
  return {
    ...(value === undefined ? {} : { value }),
    ...(threshold === undefined ? {} : { threshold }),
  };
}

interface Opened {
  readonly alerts: readonly BookedAlert[];
  /** Without those that have come back. */
  readonly resolved: readonly BookedAlert[];
  readonly made: number;
}

function openNew(
  {
    open,
    resolved,
    made,
  }: Pick<AlertBook, "made" | "resolved"> & { readonly open: readonly unknown[] },
  known: ReadonlySet<string>,
  found: ReadonlyMap<string, Finding>,
  now: number,
): Opened {
  const fresh = [...found.entries()].filter(
    ([key, { level }]) => level === "over" && !known.has(key),
  );
  const some = fresh.slice(0, Math.max(0, OPEN_MAX - open.length));
  const back = new Map(
    resolved
      .filter(({ resolvedAtMs = 0 }) => now - resolvedAtMs < FLAP_MS)
      .map((alert) => [alertKeyOf(alert), alert]),
  );
  const alerts = some.map(([key, finding], i) =>
    nextOf(
      reopened(back.get(key), finding, now) ?? newAlert(finding, made + i + 1, now),
      finding,
      now,
    ),
  );
  const returned = new Set(some.map(([key]) => key).filter((key) => back.has(key)));
  return {
    alerts: alerts.filter((alert) => alert !== undefined),
    resolved: resolved.filter(
      (alert) => back.get(alertKeyOf(alert)) !== alert || !returned.has(alertKeyOf(alert)),
    ),
    made: some.length,
  };
}

function newAlert(finding: Finding, number: number, now: number): BookedAlert {
  const { rule, subject, summary } = finding;
  const { severity } = RULES[rule];
  return {
    id: `${now.toString(36)}-${number}`,
    ...{ rule, severity, state: "pending", subject, summary, ...numbersOf(finding) },
    ...{ pendingAtMs: now, flaps: 0, told: false },
  };
}

/** It keeps its id, and who has seen it; it waits as a new one does. */
function reopened(
  before: BookedAlert | undefined,
  { summary }: Finding,
  now: number,
): BookedAlert | undefined {
  if (!before) return undefined;
  const { resolvedAtMs: _r, firedAtMs: _f, wellSinceMs: _w, silencedBy: _s, ...rest } = before;
  return {
    ...rest,
    summary,
    state: "pending",
    pendingAtMs: now,
    flaps: before.flaps + 1,
    told: false,
  };
}

/** What is silenced is told when it is silenced no more, if it is still so; of what was told, the end is told. */
function tellOf(alert: BookedAlert): {
  readonly alert: BookedAlert;
  readonly action?: AlertAction;
} {
  if (alert.state === "firing" && !alert.told && !alert.silencedBy) {
    const told = { ...alert, told: true };
    return { alert: told, action: { do: "tell", event: "firing", alert: told } };
  }
  if (alert.state === "resolved" && alert.told)
    return { alert, action: { do: "tell", event: "resolved", alert } };
  return { alert };
}
