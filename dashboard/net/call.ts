import { Failure, failureOf } from "./failure.ts";

export interface Call {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below this origin, such as `/v1/overview`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>> | undefined;
  readonly body?: object | undefined;
  /** A merge patch instead of a whole object. */
  readonly isPatch?: boolean;
  readonly signal?: AbortSignal | undefined;
}

const CALL_MS = 30_000;

/** Makes calls of the API: with the session's cookie, which the browser adds, and its word against forged requests. */
export class Api {
  /** Of the session; sent with everything that changes something. */
  csrf: string | undefined;
  /** Told when a call finds that nobody is signed in any more. */
  onSignedOut: () => void = () => undefined;

  async call<T>(call: Call): Promise<T> {
    const answer = await this.open(call);
    const text = await answer.text().catch((cause: unknown) => {
      call.signal?.throwIfAborted();
      throw new Failure(0, "network", { cause });
    });
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  /** The same as text that keeps coming; ends with the signal. */
  async stream(call: Call): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const { body } = await this.open(call, false);
    if (!body) throw new Failure(0, "no body");
    return body;
  }

  async open(
    { method = "GET", path, query, body, isPatch, signal }: Call,
    isShort = true,
  ): Promise<Response> {
    const headers = new Headers({ accept: "application/json" });
    if (body) headers.set("content-type", isPatch ? MERGE_PATCH : "application/json");
    if (method !== "GET" && this.csrf) headers.set("x-flotilla-csrf", this.csrf);
    const limits = [
      ...(isShort ? [AbortSignal.timeout(CALL_MS)] : []),
      ...(signal ? [signal] : []),
    ];
    const answer = await fetch(path + queryText(query), {
      method,
      headers,
      credentials: "same-origin",
      ...(limits.length > 0 ? { signal: AbortSignal.any(limits) } : {}),
      ...(body ? { body: JSON.stringify(body) } : {}),
    }).catch((cause: unknown) => {
      signal?.throwIfAborted();
      throw new Failure(0, "network", { cause });
    });
    if (answer.ok) return answer;
    const said: unknown = await answer.json().catch(() => undefined);
    if (answer.status === 401 && !path.startsWith("/v1/session")) this.onSignedOut();
    throw failureOf(answer.status, said, answer.headers.get("retry-after"));
  }
}

const MERGE_PATCH = "application/merge-patch+json";

/** `?a=1&b=2`; what is undefined or empty is left out. Pure. */
export function queryText(query: Call["query"] = {}): string {
  const given = Object.entries(query).flatMap(([key, value]) =>
    value === undefined || value === "" ? [] : [[key, String(value)]],
  );
  return given.length > 0 ? `?${new URLSearchParams(given)}` : "";
}
