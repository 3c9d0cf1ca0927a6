import type { Readable } from "node:stream";
import {
  type HeartbeatAnswer,
  LINK_BATCH_MAX,
  type LinkEvent,
  type LinkKind,
  type LinkResult,
  type Report,
  type SdkCall,
} from "../../core/model/link.ts";
import type { NodeStatus } from "../../core/model/node.ts";
import type { Usage } from "../../core/model/usage.ts";
import { type BackoffOptions, backoffMs } from "../../core/std/backoff.ts";
import type { Clock } from "../../core/std/clock.ts";
import { FleetError, messageOf } from "../../core/std/errors.ts";
import { isObject, type JsonObject } from "../../core/std/json.ts";
import type { Logger } from "../../core/std/logger.ts";
import { LinkBatcher } from "./link-batcher.ts";
import { LinkHttp } from "./link-http.ts";
import { Mux } from "./mux.ts";
import type { MuxStream } from "./mux-stream.ts";

export interface LinkClientOptions {
  /** Where the control plane is: `http://127.0.0.1:8700`. */
  readonly url: string;
  /** The certificate that the control plane's own is signed with, PEM; undefined for plain HTTP. */
  readonly authority?: string | undefined;
  /** The agent's token. */
  readonly token: string;
  readonly node: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly backoff: BackoffOptions;
  /** Reports or SDK calls that may wait while the control plane is away. */
  readonly queueMax: number;
  readonly requestTimeoutMs: number;
  /** A watch or tunnel on which nothing came for so long is opened again; the control plane speaks every 5 s. */
  readonly silenceMaxMs: number;
  /** Streams at once in the tunnel. */
  readonly streamsMax: number;
}

/** A heartbeat that takes longer is given up: the next one may find a way that is open again. */
const HEARTBEAT_MS_MAX = 5_000;
/** A control plane that does not say when it counts a node as lost does not do so. */
const NEVER_LOST_MS = Number.MAX_SAFE_INTEGER;

/** The control plane takes bodies of a MiB; half of it leaves room for names and braces. */
const BATCH_BYTES_MAX = 512 * 1024;
/** A character takes at most six bytes in JSON. */
const CHARACTER_BYTES_MAX = 6;

/** The most bytes that the texts of an item take; what is beside them is small. */
function bytesOf(item: object): number {
  let characters = 0;
  for (const value of Object.values(item).flat())
    if (typeof value === "string") characters += value.length;
  return characters * CHARACTER_BYTES_MAX;
}

/** The machine's side of the link. Everything is tried again while the control plane is away. */
export class LinkClient implements AsyncDisposable {
  readonly #options: LinkClientOptions;
  readonly #http: LinkHttp;
  readonly #reports: LinkBatcher<Report, LinkResult>;
  readonly #calls: LinkBatcher<SdkCall, LinkResult>;
  #watches = 0;

  constructor(options: LinkClientOptions) {
    const { clock, backoff, queueMax } = options;
    this.#options = options;
    this.#http = new LinkHttp(options);
    const bounds = { batchMax: LINK_BATCH_MAX, weightMax: BATCH_BYTES_MAX, weightOf: bytesOf };
    const common = { ...bounds, queueMax, backoff, clock };
    this.#reports = new LinkBatcher<Report, LinkResult>({
      ...common,
      send: (reports, signal) => this.#sendBatch("reports", { reports }, signal),
    });
    this.#calls = new LinkBatcher<SdkCall, LinkResult>({
      ...common,
      send: (calls, signal) => this.#sendBatch("sdk", { calls }, signal),
    });
  }

  /** False while no watch is open: the control plane is away. */
  connected(): boolean {
    return this.#watches > 0;
  }

  /** Tells how the node is. Not tried again: the next one says more. */
  async heartbeat(status: NodeStatus): Promise<HeartbeatAnswer> {
    const answer = await this.#http.post(
      "heartbeat",
      status,
      AbortSignal.timeout(HEARTBEAT_MS_MAX),
    );
    const lostAfterMs = isObject(answer) ? answer.lostAfterMs : undefined;
    return { lostAfterMs: typeof lostAfterMs === "number" ? lostAfterMs : NEVER_LOST_MS };
  }

  /** Tells what containers use. Not tried again: the next one says more. */
  async usage(usage: Usage): Promise<void> {
    await this.#http.post("usage", usage);
  }

  /** Resolves after the commit, in the order of the calls. */
  report(report: Report): Promise<LinkResult> {
    return this.#reports.add(report);
  }

  /** Resolves after the commit, in the order of the calls. */
  sdk(call: SdkCall): Promise<LinkResult> {
    return this.#calls.add(call);
  }

  /** Bytes of an image's blob; whoever reads them compares the digest. */
  async blob(digest: string, reference: string): Promise<Readable> {
    const query = `image=${encodeURIComponent(reference)}`;
    return await this.#http.stream(`blobs/${encodeURIComponent(digest)}?${query}`);
  }

  /**
   * Calls `onEvent` for this node's objects of `kinds` until the signal ends it: a full list first, then changes. It
   * resumes where it was after a break; when `onEvent` throws, it asks for a full list.
   */
  async watch(
    kinds: readonly LinkKind[],
    onEvent: (event: LinkEvent) => void,
    signal: AbortSignal,
  ): Promise<void> {
    let from: number | undefined;
    const readOnce = async (alive: () => void): Promise<void> => {
      for await (const event of this.#http.watch(kinds, from, signal)) {
        alive();
        from = event.type === "sync" ? undefined : from;
        try {
          onEvent(event);
        } catch (error) {
          from = undefined;
          throw error;
        }
        if (event.type === "synced") from = event.revision;
        else if (from !== undefined && event.type !== "sync") from = event.revision;
      }
    };
    await this.#again("the watch of the control plane broke off", readOnce, signal);
  }

  /** Keeps a tunnel open through which the control plane reaches this node, until the signal ends it. */
  async tunnel(
    onOpen: (stream: MuxStream, request: JsonObject) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { streamsMax, silenceMaxMs } = this.#options;
    const pingEveryMs = silenceMaxMs / 3;
    const holdOnce = async (alive: () => void): Promise<void> => {
      const socket = await this.#http.upgrade("tunnel", signal);
      await using mux = new Mux(socket, "agent", { streamsMax, silenceMaxMs, pingEveryMs, onOpen });
      alive();
      const close = (): void => void socket.destroy();
      signal.addEventListener("abort", close, { once: true });
      await mux.closed;
      signal.removeEventListener("abort", close);
    };
    await this.#again("the tunnel to the control plane broke off", holdOnce, signal, false);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#reports[Symbol.dispose]();
    this.#calls[Symbol.dispose]();
    await this.#http[Symbol.asyncDispose]();
  }

  async #sendBatch(
    path: string,
    body: object,
    signal: AbortSignal,
  ): Promise<readonly LinkResult[]> {
    const answer = await this.#http.post(path, body, signal);
    const results = isObject(answer) ? answer.results : undefined;
    if (!Array.isArray(results))
      throw new FleetError("INTERNAL", "the control plane answered without results");
    return results as readonly LinkResult[];
  }

  /** Runs `once` again and again with a back-off that starts anew whenever it was alive. */
  async #again(
    sentence: string,
    once: (alive: () => void) => Promise<void>,
    signal: AbortSignal,
    counts = true,
  ): Promise<void> {
    const { clock, backoff, logger, node } = this.#options;
    for (let attempt = 0; !signal.aborted; attempt++) {
      let isAlive = false;
      const alive = (): void => {
        if (!isAlive && counts) this.#watches += 1;
        isAlive = true;
        attempt = 0;
      };
      try {
        await once(alive);
      } catch (error) {
        if (!signal.aborted) logger.info({ node, because: messageOf(error) }, sentence);
      }
      if (isAlive && counts) this.#watches -= 1;
      await clock.sleep(backoffMs(attempt, backoff), signal).catch(() => undefined);
    }
  }
}
