import { Gauge } from "prom-client";
import type { Alert, AlertMessage, AlertSubject, Silence } from "../../core/model/alert.ts";
import type { HistoryFilter, HistoryPage, HistoryRow } from "../../core/model/history.ts";
import type { Kind } from "../../core/model/resource.ts";
import { serviceOwnerOf } from "../../core/model/service.ts";
import type { Clock } from "../../core/std/clock.ts";
import { messageOf } from "../../core/std/errors.ts";
import type { Logger } from "../../core/std/logger.ts";
import type { ResourceStore } from "../../store/resource-store.ts";
import type { Metrics } from "../metrics.ts";
import type { Samples } from "../samples/samples.ts";
import {
  type AlertAction,
  type AlertBook,
  type AlertEdit,
  alertView,
  type Finding,
} from "./alert-book.ts";
import { acknowledgeIn, silenceIn, unsilenceIn } from "./alert-edits.ts";
import { keepAlertBook, readAlertBook } from "./alert-file.ts";
import { AnomalyWatch } from "./anomaly-watch.ts";
import { decideAlerts } from "./decide-alerts.ts";
import { findInAllocations } from "./find-allocations.ts";
import { findInNodes } from "./find-nodes.ts";
import { RecentFailures } from "./recent-failures.ts";
import { BOUNDS, nodeSilentMsOf, RULES } from "./rules.ts";

export interface AlertsOptions {
  readonly store: ResourceStore;
  readonly samples: Samples;
  readonly history: {
    onRows(listener: (rows: readonly HistoryRow[]) => void): Disposable;
    read(filter: HistoryFilter, page: HistoryPage): Promise<readonly HistoryRow[]>;
  };
  /** What is known of a node beside its resource. */
  readonly nodes: {
    silentMs(name: string): number;
    /** Silence after which a node is lost. */
    readonly lostAfterMs: number;
    portsFree(name: string): number | undefined;
  };
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where the book is kept. */
  readonly file: string;
  /** Takes what is told to others; must not wait. */
  readonly send: (message: AlertMessage) => void;
}

const TICK_MS = 1_000;
const PLATFORM = "Platform//";
/** Failures of before a restart that are read again. */
const RECALLED_MAX = 1_000;

/** Looks once a second at what there is, keeps the book of alerts, and tells of what changes. */
export class Alerts implements Disposable {
  readonly #options: AlertsOptions;
  readonly #failures: RecentFailures;
  readonly #anomalies: AnomalyWatch;
  readonly #following: Disposable;
  readonly #listeners = new Set<(alerts: readonly Alert[]) => void>();
  #book: AlertBook;
  #keptText: string;
  #keeping: Promise<void> = Promise.resolve();

  private constructor(options: AlertsOptions, book: AlertBook) {
    this.#options = options;
    this.#book = book;
    this.#keptText = materialOf(book);
    const { store } = options;
    this.#failures = new RecentFailures({
      ownerOf: (row) => ownerOf(store, row),
      isThere: ({ kind, namespace = "", name }) =>
        store.get(kind as Kind, namespace, name) !== undefined,
    });
    this.#anomalies = new AnomalyWatch(options.samples);
    this.#following = options.history.onRows((rows) => {
      this.#failures.add(rows);
      this.#anomalies.add(rows);
    });
    showIn(options.metrics, () => this.#book.open);
  }

  static async open(options: AlertsOptions): Promise<Alerts> {
    const alerts = new Alerts(options, await readAlertBook(options.file));
    const fromMs = options.clock.now() - BOUNDS.oomWindowMs;
    const recalled = await options.history.read({ fromMs }, { limit: RECALLED_MAX });
    alerts.#failures.add(recalled.toReversed());
    return alerts;
  }

  /** Looks once a second until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    while (!signal.aborted) {
      await clock.sleep(TICK_MS, signal).catch(() => undefined);
      if (signal.aborted) break;
      try {
        this.look();
      } catch (error) {
        logger.error({ because: messageOf(error) }, "the alerts could not be looked at");
      }
    }
    await this.#keeping;
  }

  /** One look; called by `run`. */
  look(): void {
    const { book, actions } = decideAlerts(this.#book, this.#find(), this.#options.clock.now());
    for (const action of actions) this.#tell(action);
    this.#take(book);
  }

  /** Pending, firing, and those that were resolved within a day; the newest first. */
  list(): Alert[] {
    const { open, resolved } = this.#book;
    return [...resolved, ...open].map(alertView).toReversed();
  }

  /** How many want to be seen: those that are silenced do not. */
  alertCounts(): { readonly firing: number; readonly pending: number } {
    const heard = this.#book.open.filter(({ silencedBy }) => silencedBy === undefined);
    const firing = heard.filter(({ state }) => state === "firing").length;
    return { firing, pending: heard.length - firing };
  }

  /** Called with the whole list whenever something of it changed. */
  onChange(listener: (alerts: readonly Alert[]) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  silences(): readonly Silence[] {
    const now = this.#options.clock.now();
    return this.#book.silences.filter(({ endsAtMs }) => endsAtMs > now);
  }

  /** Somebody has seen an alert. Resolves when it is kept. Throws NOT_FOUND, FAILED_PRECONDITION for one that is over. */
  async acknowledge(id: string, by: string, comment: string | undefined): Promise<Alert> {
    const atMs = this.#options.clock.now();
    return await this.#edit(
      acknowledgeIn(this.#book, id, { by, atMs, ...(comment ? { comment } : {}) }),
    );
  }

  /** Keeps alerts that fit quiet for a while. Resolves when it is kept. */
  async silence(wish: Omit<Silence, "id" | "atMs">): Promise<Silence> {
    return await this.#edit(silenceIn(this.#book, wish, this.#options.clock.now()));
  }

  async unsilence(id: string): Promise<Silence> {
    return await this.#edit(unsilenceIn(this.#book, id));
  }

  [Symbol.dispose](): void {
    this.#following[Symbol.dispose]();
    this.#listeners.clear();
  }

  #find(): Finding[] {
    const { store, samples, nodes, clock } = this.#options;
    const now = clock.now();
    const seconds = BOUNDS.refusalsWindowSeconds;
    const silentMsMax = nodeSilentMsOf(nodes.lostAfterMs);
    const facts = store.list("Node").map((node) => ({
      node,
      silentMsMax,
      silentMs: nodes.silentMs(node.metadata.name),
      portsFree: nodes.portsFree(node.metadata.name),
    }));
    return [
      ...this.#failures.findings(now),
      ...findInNodes(facts),
      ...findInAllocations({
        allocations: samples.recent(PLATFORM, "allocations", seconds),
        refused: samples.recent(PLATFORM, "refused", seconds),
        p99Ms: samples.recent(PLATFORM, "allocationP99", BOUNDS.slowWindowSeconds),
      }),
      ...this.#anomalies.findings(now),
    ];
  }

  #tell({ event, alert }: AlertAction): void {
    const { logger, send, clock } = this.#options;
    const { id, rule, severity, subject, summary } = alert;
    const fields = { alert: id, rule, severity, subject, because: summary };
    if (event === "firing") logger.warn(fields, "an alert fires");
    else logger.info(fields, "an alert is resolved");
    const message = `${id}-${alert.flaps}-${event}`;
    send({
      id: message,
      event,
      atMs: clock.now(),
      alert: alertView(alert),
      todo: RULES[rule].todo,
    });
  }

  async #edit<T>({ book, answer }: AlertEdit<T>): Promise<T> {
    this.#take(book);
    await this.#keeping;
    return answer;
  }

  /** Numbers in a summary change each second: those are not written, and told only to who asks. */
  #take(book: AlertBook): void {
    this.#book = book;
    const text = materialOf(book);
    if (text === this.#keptText) return;
    this.#keptText = text;
    this.#keeping = this.#keeping.then(() => this.#keep());
    for (const listener of this.#listeners) listener(this.list());
  }

  async #keep(): Promise<void> {
    const { file, logger } = this.#options;
    await keepAlertBook(file, this.#book).catch((error: unknown) =>
      logger.warn({ because: messageOf(error) }, "the alerts could not be kept"),
    );
  }
}

function materialOf({ open, resolved, silences }: AlertBook): string {
  const rows = [...open, ...resolved].map((alert) => {
    const { id, state, told, flaps, acknowledged, silencedBy, wellSinceMs } = alert;
    return [id, state, told, flaps, acknowledged?.atMs, silencedBy, wellSinceMs !== undefined];
  });
  return JSON.stringify([rows, silences.map(({ id }) => id)]);
}

/** Whom a failure concerns: the fleet, the service, or the resource itself. */
function ownerOf(store: ResourceStore, { kind, namespace, name, fleet }: HistoryRow): AlertSubject {
  if (fleet !== undefined) return { kind: "Fleet", namespace, name: fleet };
  const found = kind === "Container" ? store.get("Container", namespace, name) : undefined;
  const service = found && serviceOwnerOf(found.metadata)?.name;
  return service ? { kind: "Service", namespace, name: service } : { kind, namespace, name };
}

function showIn({ registry }: Metrics, open: () => AlertBook["open"]): void {
  new Gauge({
    name: "flotilla_alerts",
    help: "Alerts by rule and state; silenced ones are among them.",
    labelNames: ["rule", "state"],
    registers: [registry],
    collect() {
      this.reset();
      for (const rule of Object.keys(RULES))
        for (const state of ["pending", "firing"]) this.set({ rule, state }, 0);
      for (const { rule, state } of open()) this.inc({ rule, state });
    },
  });
}
