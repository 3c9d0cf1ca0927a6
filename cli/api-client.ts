import { readFileSync } from "node:fs";
import { join } from "node:path";
import { codeOfReason } from "../api/status.ts";
import { type AnyKind, KINDS } from "../core/model/kinds.ts";
import { type ErrorCode, FleetError, isFleetError, messageOf } from "../core/std/errors.ts";
import { isObject } from "../core/std/json.ts";
import { readNdjson } from "../runtime/link/ndjson.ts";
import type { Config } from "./config.ts";

const WATCH_LINE_BYTES_MAX = 4 * 1024 * 1024;

/** Any resource as it comes over the wire: the parts that every kind has. */
export interface AnyResource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly resourceVersion?: string;
    readonly [more: string]: unknown;
  };
  readonly [more: string]: unknown;
}
export interface ResourceList {
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items: readonly AnyResource[];
}
export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: AnyResource;
}
export interface Target {
  readonly kind: AnyKind;
  /** Undefined: all namespaces. Ignored for kinds that have none. */
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  /** `scale`, `status`, `log`, `exec`. */
  readonly part?: string | undefined;
  readonly query?: Readonly<Record<string, string | undefined>> | undefined;
}
export interface Request {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}
export interface Answer {
  readonly body: unknown;
  /** What the API noted beside the answer (fields without meaning here). */
  readonly warnings: readonly string[];
}

/** `/apis/agones.dev/v1/namespaces/default/fleets/arena/scale?…` */
export function pathOf({ kind, namespace, name, part, query }: Target): string {
  const { group, version, plural, namespaced } = KINDS[kind];
  const folder = namespaced && namespace !== undefined ? ["namespaces", namespace] : [];
  const words = ["apis", group, version, ...folder, plural, name, part];
  const path = words.filter((w) => w !== undefined).map((w) => encodeURIComponent(w));
  const given = Object.entries(query ?? {}).flatMap(([k, v]) =>
    v === undefined ? [] : [[k, v] as [string, string]],
  );
  const tail = given.length > 0 ? `?${new URLSearchParams(given)}` : "";
  return `/${path.join("/")}${tail}`;
}

// biome-ignore format: a table is read by its columns
const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: "BAD_REQUEST", 401: "UNAUTHENTICATED", 403: "FORBIDDEN", 404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED",
  409: "CONFLICT", 410: "EXPIRED", 413: "TOO_LARGE", 422: "INVALID", 429: "EXHAUSTED", 499: "CANCELLED",
  501: "UNSUPPORTED", 503: "UNAVAILABLE", 504: "TIMEOUT", 507: "STORAGE_FULL",
};
/** What the API's Status object says, as the error that it was on the other side. */
export function errorOfStatus(httpStatus: number, body: unknown): FleetError {
  const status = isObject(body) ? body : {};
  const details = isObject(status.details) ? status.details : {};
  const causes = Array.isArray(details.causes) ? details.causes.filter(isObject) : [];
  const problems = causes.map((c) => ({ path: String(c.field ?? ""), message: c.message }));
  const reason = String(status.reason ?? "");
  const code = codeOfReason(reason) ?? BY_STATUS[httpStatus] ?? "INTERNAL";
  const message = status.message ?? `the API answered ${httpStatus} without saying why`;
  return new FleetError(code, String(message), problems.length > 0 ? { problems } : {});
}

/** The token of whoever calls: from the environment, a named file, or this machine's state folder. */
export function readToken({ token, tokenFile, state }: Config): string {
  if (token) return token;
  const file = tokenFile || join(state, "admin.token");
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    const absent = isObject(error) && error.code === "ENOENT";
    throw new FleetError("UNAUTHENTICATED", `cannot read the token: ${messageOf(error)}`, {
      next: absent
        ? "is it up? start it with `flotilla up`; or name the token of another: --token-file FILE"
        : "run this as the user who started it (sudo), or name another token: --token-file FILE",
    });
  }
}

/** The API as the CLI uses it: plain HTTP with a token; every failure is a FleetError that says what to do. */
export class ApiClient {
  readonly url: string;
  readonly #token: () => string;
  constructor(options: { readonly url: string; readonly token: () => string }) {
    this.url = options.url.replace(/\/$/, "");
    this.#token = options.token;
  }

  /** The response of a request that succeeded; its body is still to be read. */
  async open(request: Request): Promise<Response> {
    const { method, path, body, contentType = "application/json", headers, signal } = request;
    const sent = {
      authorization: `Bearer ${this.#token()}`,
      ...(body === undefined ? {} : { "content-type": contentType }),
      ...headers,
    };
    const init = {
      method,
      headers: sent,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    };
    const response = await fetch(`${this.url}${path}`, init).catch((error: unknown) => {
      throw unreachable(this.url, error);
    });
    if (response.ok) return response;
    const text = await response.text();
    throw errorOfStatus(response.status, parsed(text));
  }

  async request(request: Request): Promise<Answer> {
    const response = await this.open(request);
    const text = await response.text();
    const warning = response.headers.get("warning");
    const warnings = [...(warning ?? "").matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)];
    return {
      body: parsed(text),
      warnings: warnings.map(([, w]) => (w ?? "").replaceAll("\\", "")),
    };
  }

  async get(target: Target): Promise<AnyResource> {
    return (await this.request({ method: "GET", path: pathOf(target) })).body as AnyResource;
  }

  /** All pages of a list, as one. */
  async list(target: Target): Promise<ResourceList> {
    const items: AnyResource[] = [];
    let next: string | undefined;
    for (;;) {
      const query = { limit: "500", ...target.query, continue: next };
      const path = pathOf({ ...target, query });
      const page = (await this.request({ method: "GET", path })).body as ResourceList;
      items.push(...page.items);
      next = page.metadata.continue || undefined;
      if (!next) return { metadata: page.metadata, items };
    }
  }

  /** Changes after `resourceVersion`, until the signal or the server ends it. */
  async *watch(target: Target, from: string, signal: AbortSignal): AsyncGenerator<WatchEvent> {
    const query = { ...target.query, watch: "1", resourceVersion: from };
    for await (const value of this.#values(pathOf({ ...target, query }), signal)) {
      const event = value as WatchEvent;
      if (event.type === "ERROR") throw errorOfStatus(410, event.object);
      yield event;
    }
  }

  /** The bytes of a stream, until the signal or the server ends it. */
  async *bytes(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    try {
      const response = await this.open({ method: "GET", path, signal });
      for await (const chunk of response.body ?? []) yield chunk;
    } catch (error) {
      if (!signal.aborted) throw isFleetError(error) ? error : unreachable(this.url, error);
    }
  }

  #values(path: string, signal: AbortSignal): AsyncGenerator<unknown> {
    return readNdjson(this.bytes(path, signal), WATCH_LINE_BYTES_MAX);
  }
}

/** Why nobody answered, as a person reads it. */
export function unreachable(url: string, error: unknown): FleetError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = isObject(cause) ? String(cause.code ?? "") : "";
  const why = code === "ECONNREFUSED" ? "connection refused" : messageOf(cause) || code;
  return new FleetError("UNAVAILABLE", `cannot reach ${url}: ${why}`);
}

/** JSON of an answer, whatever came. */
export function parsed(text: string): unknown {
  try {
    return text === "" ? {} : JSON.parse(text);
  } catch {
    return { message: `not JSON: ${text.slice(0, 200)}` };
  }
}

export function apiClientOf(config: Config): ApiClient {
  return new ApiClient({ url: config.api, token: () => readToken(config) });
}
