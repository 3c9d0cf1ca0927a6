import type { Duplex, Readable } from "node:stream";
import { type Dispatcher, errors, Pool } from "undici";
import type { LinkEvent, LinkKind } from "../../core/model/link.ts";
import { FleetError, isFleetError, messageOf } from "../../core/std/errors.ts";
import { isObject } from "../../core/std/json.ts";
import { readNdjson } from "./ndjson.ts";

export interface LinkHttpOptions {
  readonly url: string;
  /** PEM of the only authority that is trusted. */
  readonly authority?: string | undefined;
  readonly token: string;
  readonly node: string;
  readonly requestTimeoutMs: number;
  readonly silenceMaxMs: number;
}

/** The name in the Upgrade header of a tunnel. */
export const TUNNEL_PROTOCOL = "flotilla-mux-1";
/** One line of the watch holds one object. */
const LINE_BYTES_MAX = 4 * 1024 * 1024;
/** A way that was cut may be open again long before a first try gives up by itself. */
const CONNECT_MS_MAX = 5_000;
/** Watch, tunnel, heartbeat, reports, SDK calls: each has a connection for itself. */
const CONNECTIONS_MAX = 8;
/** Blobs that come at once; more of them wait for each other, and nothing else waits for them. */
const BLOBS_MAX = 4;

/** HTTP of the link: every failure becomes a FleetError, UNAVAILABLE when the control plane could not be reached. */
export class LinkHttp implements AsyncDisposable {
  readonly #pool: Pool;
  readonly #blobs: Pool;
  readonly #options: LinkHttpOptions;
  readonly #headers: Record<string, string>;

  constructor(options: LinkHttpOptions) {
    this.#options = options;
    this.#headers = { authorization: `Bearer ${options.token}` };
    const { requestTimeoutMs, silenceMaxMs } = options;
    this.#pool = poolOf(options, CONNECTIONS_MAX, requestTimeoutMs);
    // The first to ask for a large blob waits until the control plane has it; while it waits, it is told that.
    this.#blobs = poolOf(options, BLOBS_MAX, silenceMaxMs);
  }

  /** Posts JSON and gives the JSON that comes back. */
  async post(path: string, body: object, signal?: AbortSignal): Promise<unknown> {
    const timeout = AbortSignal.timeout(this.#options.requestTimeoutMs);
    return await this.#ask(async () => {
      const answer = await this.#pool.request({
        method: "POST",
        path: this.#path(path),
        headers: { ...this.#headers, "content-type": "application/json" },
        body: JSON.stringify(body),
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
      return await bodyOf(answer);
    });
  }

  /** The events of the watch, from after revision `from`, or from a full list. */
  async *watch(
    kinds: readonly LinkKind[],
    from: number | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<LinkEvent> {
    const query = `kinds=${kinds.join(",")}${from === undefined ? "" : `&from=${from}`}`;
    const answer = await this.#ask(() =>
      this.#pool.request({
        method: "GET",
        path: `${this.#path("watch")}?${query}`,
        headers: this.#headers,
        signal,
      }),
    );
    if (answer.statusCode !== 200) await bodyOf(answer);
    for await (const event of readNdjson(answer.body, LINE_BYTES_MAX)) yield event as LinkEvent;
  }

  /** The bytes of a good answer, however long they take; reading them fails when they break off or nothing comes. */
  async stream(path: string): Promise<Readable> {
    const answer = await this.#ask(() =>
      this.#blobs.request({ method: "GET", path: this.#path(path), headers: this.#headers }),
    );
    if (answer.statusCode !== 200) await bodyOf(answer);
    return answer.body;
  }

  /** A raw connection to `path`. */
  async upgrade(path: string, signal: AbortSignal): Promise<Duplex> {
    return await this.#ask(async () => {
      const { socket } = await this.#pool.upgrade({
        path: this.#path(path),
        headers: this.#headers,
        protocol: TUNNEL_PROTOCOL,
        signal,
      });
      return socket;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#pool.destroy(), this.#blobs.destroy()]);
  }

  #path(path: string): string {
    return `/link/v1/nodes/${encodeURIComponent(this.#options.node)}/${path}`;
  }

  async #ask<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      if (isFleetError(error)) throw error;
      const isLate = error instanceof errors.HeadersTimeoutError || error instanceof DOMException;
      const url = this.#options.url;
      throw new FleetError(
        isLate ? "TIMEOUT" : "UNAVAILABLE",
        `the control plane at ${url} cannot be reached: ${messageOf(error)}`,
        { url },
        error,
      );
    }
  }
}

function poolOf(
  { url, authority, requestTimeoutMs, silenceMaxMs }: LinkHttpOptions,
  connections: number,
  headersTimeout: number,
): Pool {
  return new Pool(new URL(url).origin, {
    connections,
    connect: {
      timeout: Math.min(requestTimeoutMs, CONNECT_MS_MAX),
      ...(authority ? { ca: authority } : {}),
    },
    headersTimeout,
    bodyTimeout: silenceMaxMs,
  });
}

/** The JSON of a good answer; throws what a bad one says. */
async function bodyOf(answer: Dispatcher.ResponseData): Promise<unknown> {
  const text = await answer.body.text();
  if (answer.statusCode < 300) return text === "" ? undefined : JSON.parse(text);
  throw new FleetError(codeOf(answer.statusCode), sentenceOf(text) ?? `HTTP ${answer.statusCode}`);
}

function codeOf(
  status: number,
):
  | "UNAUTHENTICATED"
  | "FORBIDDEN"
  | "NOT_FOUND"
  | "EXPIRED"
  | "TOO_LARGE"
  | "EXHAUSTED"
  | "STORAGE_FULL"
  | "UNAVAILABLE"
  | "BAD_REQUEST" {
  const codes = {
    401: "UNAUTHENTICATED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    410: "EXPIRED",
    413: "TOO_LARGE",
    429: "EXHAUSTED",
    507: "STORAGE_FULL",
  } as const;
  if (status in codes) return codes[status as keyof typeof codes];
  return status >= 500 ? "UNAVAILABLE" : "BAD_REQUEST";
}

function sentenceOf(text: string): string | undefined {
  try {
    const status: unknown = JSON.parse(text);
    return isObject(status) && typeof status.message === "string" ? status.message : undefined;
  } catch {
    return undefined;
  }
}
