import { isAmong } from "../../access/scopes.ts";
import type { Resource } from "../../core/model/resource.ts";
import type { Row, RowKind } from "../../core/model/rows.ts";
import type { Clock } from "../../core/std/clock.ts";
import type { LiveRows } from "../../monitor/samples/live-rows.ts";
import type { ResourceStore } from "../../store/resource-store.ts";
import { Coalescer } from "./coalescer.ts";
import { sseMessage } from "./sse-writer.ts";
import type { Publish, Topic } from "./topic.ts";

/** Rows of one message; more follow in the next one at once. */
const ROWS_PER_MESSAGE = 1_000;
/** Changes that wait for a message; with more the page reads the list anew. */
const WAITING_MAX = 50_000;

/** What changes in the table of one kind: of each resource only its newest state, at most every 500 ms. */
export class RowsTopic implements Topic {
  readonly #kind: RowKind;
  readonly #store: ResourceStore;
  readonly #rows: LiveRows;
  readonly #publish: Publish;
  readonly #watch: Disposable;
  readonly #coalescer: Coalescer;
  /** By uid; undefined for what is gone. */
  #waiting = new Map<string, Resource | undefined>();

  /** Those in the namespaces of `only`; undefined is all. */
  constructor(
    kind: RowKind,
    parts: { readonly store: ResourceStore; readonly rows: LiveRows; readonly clock: Clock },
    only: readonly string[] | undefined,
    publish: Publish,
  ) {
    this.#kind = kind;
    this.#store = parts.store;
    this.#rows = parts.rows;
    this.#publish = publish;
    this.#coalescer = new Coalescer(parts.clock, () => this.#flush());
    this.#watch = parts.store.watch(parts.store.revision, ({ type, object }) => {
      if (object.kind !== kind || !isAmong(only, object.metadata.namespace)) return;
      this.#waiting.set(object.metadata.uid, type === "put" ? object : undefined);
      this.#coalescer.touch();
    });
  }

  /** The page reads the list, which is newer than everything that waits here. */
  present(): Buffer {
    return sseMessage("rows", { kind: this.#kind, reset: true, revision: this.#store.revision });
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
    this.#coalescer[Symbol.dispose]();
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = new Map();
    if (waiting.size > WAITING_MAX) {
      this.#publish(this.present());
      return;
    }
    let changed: Row[] = [];
    let gone: string[] = [];
    for (const [uid, resource] of waiting) {
      const row = resource && this.#rows.of(resource);
      if (row) changed.push(row);
      else gone.push(uid);
      if (changed.length + gone.length < ROWS_PER_MESSAGE) continue;
      this.#publish(sseMessage("rows", { kind: this.#kind, changed, gone }));
      changed = [];
      gone = [];
    }
    if (changed.length + gone.length > 0)
      this.#publish(sseMessage("rows", { kind: this.#kind, changed, gone }));
  }
}
