import type { FastifyReply } from "fastify";
import { apiVersionOf } from "../core/model/kinds.ts";
import type { Kind, Resource } from "../core/model/resource.ts";
import { FleetError, isFleetError } from "../core/std/errors.ts";
import type { Metrics } from "../monitor/metrics.ts";
import type { ResourceStore, StoreEvent, Watch } from "../store/resource-store.ts";
import type { LineWriter } from "./line-writer.ts";
import type { ApiBounds } from "./options.ts";
import { readSettled } from "./read-settled.ts";
import { asked, askedNumber, isAsked, type Request } from "./route.ts";
import type { Matches } from "./selection.ts";
import { statusOf } from "./status.ts";

type EventType = "ADDED" | "MODIFIED" | "DELETED";
export interface WatchEvent {
  readonly type: EventType;
  readonly object: Resource;
}

/**
 * What one change means to a watch that sees only what matches: a resource that begins to match was added, one that
 * ceases to was deleted. Undefined when it means nothing.
 */
export function decideWatchEvent(event: StoreEvent, matches: Matches): WatchEvent | undefined {
  const before = event.type === "delete" ? event.object : event.before;
  const after = event.type === "delete" ? undefined : event.object;
  const did = before !== undefined && matches(before);
  const does = after !== undefined && matches(after);
  if (does) return { type: did ? "MODIFIED" : "ADDED", object: after };
  if (!did) return undefined;
  const resourceVersion = String(event.revision);
  const last = after ?? event.object;
  const metadata = { ...last.metadata, resourceVersion };
  return { type: "DELETED", object: { ...last, metadata } as Resource };
}

interface WatchRequest {
  readonly kind: Kind;
  readonly matches: Matches;
  readonly request: Request;
  readonly reply: FastifyReply;
}
/** Objects of a first list that are written before the reader must have taken them. */
const LOT_ITEMS = 200;

/** Watches of clients: newline-delimited JSON, resumable by revision. */
export class Watches implements Disposable {
  readonly #store: ResourceStore;
  readonly #metrics: Metrics;
  readonly #bounds: ApiBounds;
  readonly #openWriter: (reply: FastifyReply) => LineWriter;
  readonly #open = new Set<LineWriter>();
  /** The last change as text: several watches of a kind write the same line. */
  #last: { readonly object: Resource; readonly type: EventType; readonly text: string } | undefined;

  constructor(options: {
    readonly store: ResourceStore;
    readonly metrics: Metrics;
    readonly bounds: ApiBounds;
    /** Begins a long answer of lines. */
    readonly openWriter: (reply: FastifyReply) => LineWriter;
  }) {
    this.#openWriter = options.openWriter;
    this.#store = options.store;
    this.#metrics = options.metrics;
    this.#bounds = options.bounds;
  }

  /** Answers one watch request until the client leaves, its time is over or it does not keep up. */
  async serve({ kind, matches, request, reply }: WatchRequest): Promise<void> {
    if (this.#open.size >= this.#bounds.watchesMax)
      throw new FleetError("EXHAUSTED", `${this.#bounds.watchesMax} watches are open already`);
    const from = fromOf(request);
    const first = await this.#firstList(kind, matches, from);
    this.#assertReachable(first.revision);
    const writer = this.#openWriter(reply);
    using _counted = this.#metrics.streamOpened("watch");
    this.#open.add(writer);
    try {
      for (const [i, object] of first.items.entries()) {
        writer.write(this.#lineOf("ADDED", object));
        if (i % LOT_ITEMS === LOT_ITEMS - 1) await writer.drained();
      }
      await this.#follow({ kind, matches, request, reply }, first.revision, writer);
    } finally {
      this.#open.delete(writer);
    }
  }

  /** Ends every watch: the server stops. */
  [Symbol.dispose](): void {
    for (const writer of this.#open) writer.end();
  }

  async #firstList(
    kind: Kind,
    matches: Matches,
    from: number | undefined,
  ): Promise<{ readonly items: readonly Resource[]; readonly revision: number }> {
    if (from !== undefined) return { items: [], revision: from };
    return await readSettled(this.#store, () => ({
      items: this.#store.list(kind).filter(matches),
      revision: this.#store.revision,
    }));
  }

  /** Throws EXPIRED before the answer has begun, so that a client gets 410 as a status. */
  #assertReachable(revision: number): void {
    this.#store.watch(revision, () => undefined)[Symbol.dispose]();
  }

  async #follow(
    { kind, matches, request }: WatchRequest,
    from: number,
    writer: LineWriter,
  ): Promise<void> {
    let revision = from;
    const watch = this.#watchFrom(from, writer, (event) => {
      revision = event.revision;
      if (event.object.kind !== kind) return;
      const seen = decideWatchEvent(event, matches);
      if (seen) writer.write(this.#lineOf(seen.type, seen.object));
    });
    if (!watch) return;
    const bookmark = (): void => {
      const metadata = { resourceVersion: String(revision), creationTimestamp: null };
      const object = { kind, apiVersion: apiVersionOf(kind), metadata };
      writer.write(`${JSON.stringify({ type: "BOOKMARK", object })}\n`);
    };
    using stack = new DisposableStack();
    stack.use(watch);
    if (isAsked(request, "allowWatchBookmarks")) {
      const timer = setInterval(bookmark, this.#bounds.bookmarkEveryMs);
      stack.defer(() => clearInterval(timer));
    }
    const seconds = askedNumber(request, "timeoutSeconds", TIMEOUT_SECONDS_MAX);
    if (seconds) {
      const timer = setTimeout(() => writer.end(), seconds * 1000);
      stack.defer(() => clearTimeout(timer));
    }
    await aborted(writer.closed);
  }

  /** History may have moved on while a long first list was sent: then the client is told inside the stream. */
  #watchFrom(
    from: number,
    writer: LineWriter,
    listener: (event: StoreEvent) => void,
  ): Watch | undefined {
    try {
      return this.#store.watch(from, listener);
    } catch (error) {
      if (!isFleetError(error)) throw error;
      writer.write(`${JSON.stringify({ type: "ERROR", object: statusOf(error) })}\n`);
      writer.end();
      return undefined;
    }
  }

  #lineOf(type: EventType, object: Resource): string {
    if (this.#last?.object === object && this.#last.type === type) return this.#last.text;
    const text = `{"type":"${type}","object":${JSON.stringify(object)}}\n`;
    this.#last = { object, type, text };
    return text;
  }
}
const TIMEOUT_SECONDS_MAX = 7 * 24 * 3600;

function fromOf(request: Request): number | undefined {
  const version = asked(request, "resourceVersion");
  if (version === undefined || version === "" || version === "0") return undefined;
  return askedNumber(request, "resourceVersion");
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
