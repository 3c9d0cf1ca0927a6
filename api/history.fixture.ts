import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HistoryRow } from "../core/model/history.ts";
import { systemClock } from "../core/std/clock.ts";
import { silentLogger } from "../core/std/logger.ts";
import { HISTORY_LIMITS, HistoryLog } from "../monitor/history/history-log.ts";
import type { ResourceStore } from "../store/resource-store.ts";
import type { HistoryReader } from "./history-routes.ts";
import type { ListSource } from "./stream/list-topic.ts";

/** For tests: an API has its store from within, so that a history is opened on it afterwards. */
export class LateHistory implements HistoryReader, AsyncDisposable {
  #log: HistoryLog | undefined;
  #folder = "";
  #newest: readonly HistoryRow[] = [];
  readonly #listeners = new Set<() => void>();

  /** What the stream tells of it. */
  readonly list: ListSource<HistoryRow> = {
    items: () => this.#newest,
    onChange: (tell) => {
      this.#listeners.add(tell);
      return { [Symbol.dispose]: () => void this.#listeners.delete(tell) };
    },
  };

  async open(store: ResourceStore): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), "flotilla-history-"));
    const base = { store, clock: systemClock, logger: silentLogger, rowsMax: 10_000, daysMax: 3 };
    this.#log = await HistoryLog.open({ ...HISTORY_LIMITS, ...base, folder: this.#folder });
    this.#log.onRows((rows) => {
      this.#newest = [...rows.toReversed(), ...this.#newest];
      for (const tell of this.#listeners) tell();
    });
  }

  async read(...asked: Parameters<HistoryReader["read"]>): Promise<readonly HistoryRow[]> {
    return (await this.#log?.read(...asked)) ?? [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#log?.[Symbol.asyncDispose]();
    if (this.#folder) await rm(this.#folder, { recursive: true });
  }
}
