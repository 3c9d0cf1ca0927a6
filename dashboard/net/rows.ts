import type { Api } from "./call.ts";
import type { Live } from "./live.ts";
import { Store } from "./store.ts";
import type { Row, RowKind, RowsPage } from "./wire.ts";

export interface RowsState {
  readonly is: "loading" | "ready" | "failed";
  readonly rows: readonly Row[];
  /** What there is beyond the rows that a page holds. */
  readonly more: number;
  readonly failure?: unknown;
}
interface Change {
  readonly reset?: boolean;
  readonly changed?: readonly Row[];
  readonly gone?: readonly string[];
}

const PAGE = 1_000;
/** Who goes from a list to one of its objects finds the rows still there. */
const LINGER_MS = 15_000;
/** The stream tells of changes, not of what is measured: that is read anew, the rarer the more there are. */
const readAgainMs = (rows: number): number => 5_000 + rows * 5;
/** More than that a page does not hold, and says so: the search of the whole platform finds the rest. */
export const ROWS_MAX = 50_000;

/** Puts a change into rows by their uid; what is new when they are full is left out until they are read again. */
export function applyChange(
  rows: Map<string, Row>,
  { changed = [], gone = [] }: Change,
  most: number = ROWS_MAX,
): void {
  for (const uid of gone) rows.delete(uid);
  for (const row of changed) if (rows.size < most || rows.has(row.uid)) rows.set(row.uid, row);
}

const LOADING: RowsState = { is: "loading", rows: [], more: 0 };

/** All rows of one kind, kept as they are on the server: read once, then changed by what the stream tells. */
export class Rows {
  readonly state: Store<RowsState> = new Store<RowsState>(LOADING);
  readonly #byUid = new Map<string, Row>();
  readonly #parts: { readonly api: Api; readonly live: Live; readonly kind: RowKind };
  #users = 0;
  #leaving: number | undefined;
  #again: number | undefined;
  #letGo: (() => void) | undefined;
  /** Changes that came while the rows were read; undefined while nothing is read. */
  #meanwhile: Change[] | undefined;
  #reading: AbortController | undefined;
  #frame = 0;
  #more = 0;

  constructor(parts: { readonly api: Api; readonly live: Live; readonly kind: RowKind }) {
    this.#parts = parts;
  }

  /** Keeps the rows up to date until the answer is called. */
  use(): () => void {
    this.#users += 1;
    clearTimeout(this.#leaving);
    this.#letGo ??= this.#parts.live.want(`rows:${this.#parts.kind}`, (data) =>
      this.#hear(data as Change),
    );
    return () => {
      this.#users -= 1;
      if (this.#users === 0) this.#leaving = setTimeout(() => this.#leave(), LINGER_MS);
    };
  }

  #leave(): void {
    this.#letGo?.();
    this.#letGo = undefined;
    this.#reading?.abort();
    clearTimeout(this.#again);
    this.#byUid.clear();
    this.state.set(LOADING);
  }

  #hear(change: Change): void {
    if (change.reset) return void this.#read();
    if (this.#meanwhile) this.#meanwhile.push(change);
    else {
      applyChange(this.#byUid, change);
      this.#show();
    }
  }

  async #read(): Promise<void> {
    this.#reading?.abort();
    const stop = new AbortController();
    this.#reading = stop;
    this.#meanwhile = [];
    try {
      const { found, total } = await this.#readAll(stop.signal);
      if (stop.signal.aborted) return;
      this.#byUid.clear();
      this.#more = Math.max(0, total - found.length);
      applyChange(this.#byUid, { changed: found });
      for (const change of this.#meanwhile) applyChange(this.#byUid, change);
      this.#meanwhile = undefined;
      this.#show();
      clearTimeout(this.#again);
      this.#again = setTimeout(() => void this.#read(), readAgainMs(found.length));
    } catch (failure) {
      if (stop.signal.aborted) return;
      this.#meanwhile = undefined;
      this.state.set({ ...this.state.value, is: "failed", failure });
    }
  }

  async #readAll(signal: AbortSignal): Promise<{ found: Row[]; total: number }> {
    const { api, kind } = this.#parts;
    const found: Row[] = [];
    for (let before: string | undefined; ; ) {
      const query = { kind, limit: PAGE, before };
      const page = await api.call<RowsPage>({ path: "/v1/rows", query, signal });
      found.push(...page.items);
      if (page.next === undefined || found.length >= ROWS_MAX) return { found, total: page.total };
      before = String(page.next);
    }
  }

  /** At most once per picture of the screen. */
  #show(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      const rows = [...this.#byUid.values()];
      if (this.#letGo) this.state.set({ is: "ready", rows, more: this.#more });
    });
  }
}
