import { revokedNode } from "../access/node-tokens.ts";
import type { LinkEvent, LinkKind, LinkResource } from "../core/model/link.ts";
import { isFleetError } from "../core/std/errors.ts";
import type { Index, ResourceStore, StoreEvent, Watch } from "../store/resource-store.ts";
import type { LineWriter } from "./line-writer.ts";
import { decideLinkEvent, nodesOf, toldOf } from "./link-event.ts";
import { readSettled } from "./read-settled.ts";

/** Where the lines of a stream go. */
export type Lines = Pick<
  LineWriter,
  "write" | "closed" | "drained" | "end" | typeof Symbol.dispose
>;

interface Stream {
  readonly node: string;
  readonly kinds: ReadonlySet<LinkKind>;
  readonly writer: Lines;
  /** The last change that was handled for it. */
  revision: number;
}

export interface LinkFanOutOptions {
  readonly store: ResourceStore;
  readonly bookmarkEveryMs: number;
}

/** Objects of a full list that are written before the node must have taken them. */
const LOT_ITEMS = 200;

const lineOf = (event: LinkEvent): string => `${JSON.stringify(event)}\n`;

/** The same for what a change means to a node: its delta was written as JSON before. */
function lineOfChange(seen: LinkEvent, change: StoreEvent): string {
  const text = change.type === "put" ? change.deltaText : undefined;
  if (seen.type !== "patch" || text === undefined) return lineOf(seen);
  const { type, revision, key, uid } = seen;
  return `${JSON.stringify({ type, revision, key, uid }).slice(0, -1)},"patch":${text}}\n`;
}

/**
 * Sends every node what concerns it. One listener for all of them: a change costs a look-up by node and one text,
 * however many nodes there are.
 */
export class LinkFanOut implements Disposable {
  readonly #store: ResourceStore;
  readonly #byNode = new Map<string, Set<Stream>>();
  /** All of them, those that are still sent what they have missed among them. */
  readonly #open = new Set<Stream>();
  readonly #revocations: Disposable;
  readonly #servers: Index<"GameServer">;
  readonly #containers: Index<"Container">;
  readonly #watch: Watch;
  readonly #bookmarks: NodeJS.Timeout;
  #revision: number;

  constructor({ store, bookmarkEveryMs }: LinkFanOutOptions) {
    this.#store = store;
    this.#revision = store.revision;
    this.#servers = store.index("GameServer", ({ status }) => status.nodeName || undefined);
    this.#containers = store.index("Container", ({ status }) => status.nodeName || undefined);
    this.#watch = store.watch(this.#revision, (event) => this.#take(event));
    this.#revocations = store.onHead((before, after) => this.#cut(revokedNode(before, after)));
    this.#bookmarks = setInterval(() => this.#bookmark(), bookmarkEveryMs);
    this.#bookmarks.unref();
  }

  /** Nodes that are connected now. */
  get nodes(): number {
    return this.#byNode.size;
  }

  /**
   * Writes to `writer` what concerns `node`, from after revision `from` or, without it or when history does not reach
   * that far, from a full list; until the writer is closed.
   */
  async serve(
    node: string,
    kinds: ReadonlySet<LinkKind>,
    from: number | undefined,
    writer: Lines,
  ): Promise<void> {
    const stream: Stream = { node, kinds, writer, revision: from ?? -1 };
    this.#open.add(stream);
    try {
      await this.#follow(stream, from);
    } finally {
      this.#open.delete(stream);
      this.#leave(stream);
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#bookmarks);
    this.#watch[Symbol.dispose]();
    this.#revocations[Symbol.dispose]();
    for (const streams of this.#byNode.values()) for (const { writer } of streams) writer.end();
  }

  async #follow(stream: Stream, from: number | undefined): Promise<void> {
    const { writer } = stream;
    const isResumed = from !== undefined && from <= this.#store.revision && this.#catchUp(stream);
    if (isResumed) writer.write(lineOf({ type: "bookmark", revision: stream.revision }));
    else await this.#sendAll(stream);
    await closed(writer);
  }

  #take(event: StoreEvent): void {
    this.#revision = event.revision;
    const nodes = nodesOf(event);
    if (!nodes) {
      const line = this.#lineFor(event, "");
      for (const streams of this.#byNode.values()) this.#send(streams, event, line);
      return;
    }
    for (const node of nodes) {
      const streams = this.#byNode.get(node);
      if (streams) this.#send(streams, event, this.#lineFor(event, node));
    }
  }

  #lineFor(event: StoreEvent, node: string): string | undefined {
    const seen = decideLinkEvent(event, node);
    return seen && lineOfChange(seen, event);
  }

  #send(streams: ReadonlySet<Stream>, event: StoreEvent, line: string | undefined): void {
    for (const stream of streams) {
      if (event.revision <= stream.revision) continue;
      stream.revision = event.revision;
      if (line !== undefined && stream.kinds.has(event.object.kind as LinkKind))
        stream.writer.write(line);
    }
  }

  /** A full list, as of a revision that is durable; then what has changed since. */
  async #sendAll(stream: Stream): Promise<void> {
    const { writer } = stream;
    do {
      const { objects, revision } = await readSettled(this.#store, () => ({
        objects: this.#objectsOf(stream),
        revision: this.#store.revision,
      }));
      writer.write(lineOf({ type: "sync" }));
      for (const [i, object] of objects.entries()) {
        writer.write(
          lineOf({ type: "put", revision: Number(object.metadata.resourceVersion), object }),
        );
        if (i % LOT_ITEMS === LOT_ITEMS - 1) await writer.drained();
      }
      writer.write(lineOf({ type: "synced", revision }));
      stream.revision = revision;
      // History may have moved past a list that was long under way: then once more.
    } while (!writer.closed.aborted && !this.#catchUp(stream));
  }

  #objectsOf({ node, kinds }: Stream): LinkResource[] {
    const here: Iterable<LinkResource>[] = [
      kinds.has("Network") ? this.#store.list("Network") : [],
      kinds.has("Service") ? this.#store.list("Service").map(toldOf) : [],
      kinds.has("Image") ? this.#store.list("Image") : [],
      kinds.has("GameServer") ? this.#servers.get(node) : [],
      kinds.has("Container") ? this.#containers.get(node) : [],
    ];
    return here.flatMap((objects) => [...objects]);
  }

  /**
   * Sends what came after the stream's revision, then lets it join the others. False when history does not reach back
   * that far.
   */
  #catchUp(stream: Stream): boolean {
    if (stream.revision >= this.#revision) {
      this.#join(stream);
      return true;
    }
    try {
      const watch = this.#store.watch(stream.revision, (event) => {
        const seen = decideLinkEvent(event, stream.node);
        this.#send(new Set([stream]), event, seen && lineOfChange(seen, event));
        if (event.revision < this.#revision && !stream.writer.closed.aborted) return;
        watch[Symbol.dispose]();
        this.#join(stream);
      });
      return true;
    } catch (error) {
      if (isFleetError(error, "EXPIRED")) return false;
      throw error;
    }
  }

  #join(stream: Stream): void {
    if (stream.writer.closed.aborted) return;
    const streams = this.#byNode.get(stream.node) ?? new Set();
    streams.add(stream);
    this.#byNode.set(stream.node, streams);
  }

  #leave(stream: Stream): void {
    const streams = this.#byNode.get(stream.node);
    if (streams?.delete(stream) && streams.size === 0) this.#byNode.delete(stream.node);
  }

  /** Whoever may no longer speak for a node hears nothing of it either. */
  #cut(node: string | undefined): void {
    if (node === undefined) return;
    for (const stream of this.#open) if (stream.node === node) stream.writer[Symbol.dispose]();
  }

  #bookmark(): void {
    const line = lineOf({ type: "bookmark", revision: this.#revision });
    for (const streams of this.#byNode.values())
      for (const stream of streams) {
        stream.revision = Math.max(stream.revision, this.#revision);
        stream.writer.write(line);
      }
  }
}

function closed({ closed: signal }: Lines): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
