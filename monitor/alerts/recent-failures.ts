import { formatDuration } from "../../core/model/age.ts";
import type { AlertSubject } from "../../core/model/alert.ts";
import type { HistoryRow } from "../../core/model/history.ts";
import { alertKeyOf, type Finding } from "./alert-book.ts";
import { BOUNDS } from "./rules.ts";

/** One end of a container that nobody wanted. */
interface Failure {
  readonly atMs: number;
  readonly name: string;
  readonly node: string | undefined;
  readonly isOom: boolean;
  /** A game server that ended right after it was made, or a container that is to be started once more. */
  readonly isLoop: boolean;
  readonly message: string;
}
interface Failing {
  readonly subject: AlertSubject;
  /** Oldest first. */
  failures: Failure[];
}

const SUBJECTS_MAX = 2_000;
const FAILURES_MAX = 200;
const MADE_MAX = 50_000;

/** Reasons that tell of somebody else's end: the node's, or a wish. */
const NOT_ITS_OWN: ReadonlySet<string> = new Set([
  "NodeLost",
  "NodeGone",
  "NodeNotReady",
  "ContainerGone",
  "Completed",
  "Stopped",
  "Deleted",
  "TakenBack",
  "Unplaceable",
  "PortRangeFull",
]);

export interface RecentFailuresOptions {
  /** Fleet, service or the resource itself: a hundred servers of a fleet that crash are one alert. */
  readonly ownerOf: (row: HistoryRow) => AlertSubject;
  /** False when it was deleted: then its failures concern nobody any more. */
  readonly isThere: (subject: AlertSubject) => boolean;
}

/** Failures of the last minutes by whom they concern, taken from the lines of the history. Bounded. */
export class RecentFailures {
  readonly #options: RecentFailuresOptions;
  readonly #failing = new Map<string, Failing>();
  /** When game servers that are there were made, by uid. */
  readonly #made = new Map<string, number>();

  constructor(options: RecentFailuresOptions) {
    this.#options = options;
  }

  add(rows: readonly HistoryRow[]): void {
    for (const row of rows) {
      if (row.kind !== "GameServer" && row.kind !== "Container") continue;
      this.#follow(row);
      const failure = failureOf(row, this.#made.get(row.uid));
      if (failure) this.#keep(this.#options.ownerOf(row), failure);
    }
  }

  /** What the rules about failures find. */
  findings(now: number): Finding[] {
    const window = Math.max(BOUNDS.oomWindowMs, BOUNDS.endsWindowMs);
    for (const [key, failing] of this.#failing) {
      failing.failures = failing.failures.filter(({ atMs }) => now - atMs < window);
      if (failing.failures.length === 0 || !this.#options.isThere(failing.subject))
        this.#failing.delete(key);
    }
    const all = [...this.#failing.values()];
    return [
      ...all.flatMap((failing) => oomOf(failing, now)),
      ...all.flatMap((failing) => loopOf(failing, now)),
      ...stormsOf(all, now),
    ];
  }

  #follow({ kind, uid, from, to, atMs }: HistoryRow): void {
    if (kind !== "GameServer") return;
    if (to === "Gone") this.#made.delete(uid);
    else if (from === "" && this.#made.size < MADE_MAX) this.#made.set(uid, atMs);
  }

  #keep(subject: AlertSubject, failure: Failure): void {
    const key = alertKeyOf({ rule: "", subject });
    const known = this.#failing.get(key);
    if (known) {
      known.failures.push(failure);
      if (known.failures.length > FAILURES_MAX) known.failures.shift();
    } else if (this.#failing.size < SUBJECTS_MAX)
      this.#failing.set(key, { subject, failures: [failure] });
  }
}

function failureOf(row: HistoryRow, madeAtMs: number | undefined): Failure | undefined {
  const { kind, to, reason, atMs, name, node, message = "" } = row;
  if (NOT_ITS_OWN.has(reason)) return undefined;
  const isOom = reason === "OOMKilled";
  const isServer = kind === "GameServer";
  const hasFailed = isServer
    ? to === "Unhealthy" || to === "Error"
    : to === "Backoff" || to === "Failed";
  const isRestart =
    !isServer && reason === "Restarted" && row.from === to && row.by.startsWith("node ");
  if (!hasFailed && !isRestart && !isOom) return undefined;
  const isEarly = madeAtMs !== undefined && atMs - madeAtMs < BOUNDS.earlyMs;
  const isLoop = isServer ? isEarly : hasFailed || isRestart;
  return { atMs, name, node, isOom, isLoop, message };
}

function oomOf({ subject, failures }: Failing, now: number): Finding[] {
  const killed = failures.filter(({ isOom, atMs }) => isOom && now - atMs < BOUNDS.oomWindowMs);
  const last = killed.at(-1);
  if (!last) return [];
  const window = formatDuration(BOUNDS.oomWindowMs);
  const summary = `${last.name} was killed by the kernel over its memory limit (${times(killed.length)} in ${window})`;
  return [
    { rule: "OutOfMemory", subject, level: "over", summary, value: killed.length, threshold: 1 },
  ];
}

function loopOf({ subject, failures }: Failing, now: number): Finding[] {
  const loops = failures.filter(({ isLoop, atMs }) => isLoop && now - atMs < BOUNDS.endsWindowMs);
  const last = loops.at(-1);
  if (!last) return [];
  const level = loops.length >= BOUNDS.loopEnds ? "over" : "between";
  const why = last.message ? `: ${last.message}` : "";
  const summary = `failed ${times(loops.length)} within a minute, last ${last.name}${why}`;
  const numbers = { value: loops.length, threshold: BOUNDS.loopEnds };
  return [{ rule: "CrashLoop", subject, level, summary, ...numbers }];
}

/** Failures of many on one node: then they are not each one's own. */
function stormsOf(all: readonly Failing[], now: number): Finding[] {
  const byNode = new Map<string, { ends: number; owners: Set<Failing> }>();
  for (const failing of all)
    for (const { node = "", atMs } of failing.failures) {
      if (now - atMs >= BOUNDS.endsWindowMs) continue;
      const storm = byNode.get(node) ?? { ends: 0, owners: new Set() };
      storm.ends += 1;
      storm.owners.add(failing);
      byNode.set(node, storm);
    }
  return [...byNode].flatMap(([node, { ends, owners }]) => {
    if (node === "" || ends < BOUNDS.stormEnds || owners.size < BOUNDS.stormSubjects) return [];
    const summary = `${ends} containers of ${owners.size} owners failed within a minute on node ${node}`;
    const subject = { kind: "Node", name: node };
    const numbers = { value: ends, threshold: BOUNDS.stormEnds };
    return [{ rule: "RestartStorm", subject, level: "over", summary, ...numbers } as const];
  });
}

const times = (count: number): string => (count === 1 ? "once" : `${count} times`);
