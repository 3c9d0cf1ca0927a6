import { errorOf, FlotillaError, isFlotillaError } from "./errors.ts";
import { type Backoff, type Timing, waitMs, within } from "./timing.ts";

export interface ApiOptions {
  /** Where the control plane is, such as `https://fleet.example.com:8700`. */
  readonly url: string;
  /** A token, or what gets one: asked for each call, and once more when the control plane does not know it. */
  readonly token: string | (() => string | Promise<string>);
  readonly fetch?: typeof fetch;
  /** How often one call is made at most; 7 by default. */
  readonly triesMax?: number;
}
export interface Call {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: object | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How long the control plane may wait before it answers that nothing is free: then that is the answer. */
  readonly waitMs?: number | undefined;
  /** How often it is made at most; the client's word by default. */
  readonly triesMax?: number | undefined;
}
export interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

/** With the pauses between them some ten seconds: a control plane that was killed is back by then. */
const TRIES_MAX = 7;
/** Who is told that nothing is free asks no more often. */
const BUSY_TRIES_MAX = 3;
const BACKOFF: Backoff = { firstMs: 200, maxMs: 5000 };
/** Who is told to come back later than this is told so, instead of being kept waiting. */
const RETRY_AFTER_MAX_MS = 10_000;
const ANSWER_MS = 10_000;

/**
 * One logical call of the control plane's API: asked again after a broken connection, 503 and 429, a bounded number of
 * times. A POST carries one idempotency key for all its tries, so what was done is done once.
 */
export class Api {
  readonly #options: ApiOptions;
  readonly #timing: Timing;

  constructor(options: ApiOptions, timing: Timing) {
    this.#options = options;
    this.#timing = timing;
  }

  async call<T>(call: Call): Promise<Answer<T>> {
    const key = call.method === "POST" ? newKey() : undefined;
    const triesMax = call.triesMax ?? this.#options.triesMax ?? TRIES_MAX;
    let hasNewToken = false;
    for (let tries = 1; ; ) {
      try {
        return await this.#ask<T>(call, key);
      } catch (error) {
        if (!isFlotillaError(error)) throw error;
        const mayRenew = typeof this.#options.token === "function" && !hasNewToken;
        if (error.code === "UNAUTHENTICATED" && mayRenew) {
          hasNewToken = true;
          continue;
        }
        const most = error.status === 429 ? Math.min(triesMax, BUSY_TRIES_MAX) : triesMax;
        const pause = this.#pauseAfter(error, tries - 1, call);
        if (pause === undefined || tries >= most) throw error;
        await this.#timing.sleep(pause, call.signal);
        tries += 1;
      }
    }
  }

  /** How long to wait before asking again; undefined when that makes no sense. */
  #pauseAfter(error: FlotillaError, again: number, call: Call): number | undefined {
    const afterMs = (error.retryAfterSeconds ?? 0) * 1000;
    const ownMs = waitMs(again, BACKOFF, this.#timing.random);
    if (error.code === "NETWORK" || error.code === "TIMEOUT") return ownMs;
    if (error.status !== 503 && error.status !== 429) return undefined;
    // It has waited in line as long as it was to, or nobody says when to come back.
    const isFinal = call.waitMs !== undefined || error.retryAfterSeconds === undefined;
    if (error.status === 429 && isFinal) return undefined;
    return afterMs > RETRY_AFTER_MAX_MS ? undefined : afterMs + ownMs;
  }

  async #ask<T>(call: Call, key: string | undefined): Promise<Answer<T>> {
    const { method, path, body, signal } = call;
    const { url, token } = this.#options;
    const headers: Record<string, string> = {
      authorization: `Bearer ${typeof token === "string" ? token : await token()}`,
      ...(body ? { "content-type": "application/json" } : {}),
      ...(key === undefined ? {} : { "idempotency-key": key }),
    };
    const late = (): Error => new FlotillaError("TIMEOUT", `${url} does not answer in time`);
    return within(ANSWER_MS + (call.waitMs ?? 0), signal, late, async (ending) => {
      const init = {
        method,
        headers,
        signal: ending,
        ...(body ? { body: JSON.stringify(body) } : {}),
      };
      const response = await this.#fetch(new URL(path, url), init);
      const text = await response.text().catch((error) => this.#unreachable(error));
      if (!response.ok) throw errorOf(response, text);
      return { status: response.status, body: bodyOf<T>(text) };
    });
  }

  /** Called without an object before it: browsers want their `fetch` so. */
  #fetch(url: URL, init: RequestInit): Promise<Response> {
    const ask = this.#options.fetch ?? fetch;
    return ask(url, init).catch((error) => this.#unreachable(error));
  }

  #unreachable(error: unknown): never {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new FlotillaError("NETWORK", `cannot reach ${this.#options.url}: ${why}`, {
      cause: error,
    });
  }
}

function bodyOf<T>(text: string): T {
  try {
    return JSON.parse(text === "" ? "{}" : text) as T;
  } catch (cause) {
    throw new FlotillaError("INTERNAL", "the control plane's answer is no JSON", { cause });
  }
}

/** Not `randomUUID`: browsers have that on pages over https only. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
