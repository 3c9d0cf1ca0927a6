import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Access } from "../access/scopes.ts";
import type { Principal } from "../access/tokens.ts";
import type { Schema } from "../core/model/schema.ts";
import { FleetError } from "../core/std/errors.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What the route does; without it nobody may call it. */
    access?: Access;
    /** For the description of the API. */
    about?: RouteAbout;
    /** A file of the dashboard: no part of the API's description. */
    page?: boolean;
    /** True when the handler itself demands the namespace that a request is about (`demandNamespace`). */
    namespaced?: boolean;
    /** True for methods that a path does not have: they are not described. */
    absent?: boolean;
    /** How calls that change something are recorded; by `auditWay` when absent. */
    audit?: AuditWay;
    /** Told of each failure of the route, just before it is answered. */
    onFailure?: FailureHook;
  }
  interface FastifyRequest {
    principal: Principal | undefined;
    /** What the audit log should say beside who, from where and by which route. */
    audited: Audited | undefined;
    /** Why the request failed. */
    failure: FleetError | undefined;
  }
}

export type FailureHook = (request: FastifyRequest, reply: FastifyReply) => void;

/**
 * `single`: a record for each, on the disk before the answer. `batch`: counted, a record per second. `failures`: as
 * `batch`, but what succeeds is counted by who did it. `none`: what machines report of themselves.
 */
export type AuditWay = "single" | "batch" | "failures" | "none";

/** What a handler knows of what it did. */
export interface Audited {
  readonly action?: string;
  readonly target?: string;
  /** For requests that come without a principal. */
  readonly who?: string;
  readonly before?: Readonly<Record<string, unknown>>;
  readonly after?: Readonly<Record<string, unknown>>;
  /** True for a dry run: nothing was changed. */
  readonly isTrial?: boolean;
}

/** Path parameters and query as strings: a parameter that was given twice counts once. */
export interface Asked {
  readonly Params: {
    readonly namespace?: string;
    readonly name?: string;
    readonly node?: string;
    readonly digest?: string;
    readonly id?: string;
    readonly seat?: string;
  };
  readonly Querystring: Readonly<Record<string, string | string[] | undefined>>;
  readonly Body: unknown;
}
export type Request = FastifyRequest<Asked>;
export type Handler = (request: Request, reply: FastifyReply) => unknown;

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
type Method = (typeof METHODS)[number];
export type Route = {
  readonly access: Access;
  readonly handle: Handler;
  readonly about?: RouteAbout | undefined;
  readonly namespaced?: boolean;
  readonly audit?: AuditWay;
};

/** What the OpenAPI page says of a route that serves no kind. */
export interface RouteAbout {
  readonly summary: string;
  readonly tag?: string;
  readonly body?: Schema;
  readonly answer?: Schema;
  /** A body that is right. */
  readonly example?: object;
  /** Parameters of the query, and what they mean. */
  readonly query?: Readonly<Record<string, string>>;
}

/** Registers a path with the methods that it has; the others answer 405 and name those. */
export function serve(
  app: FastifyInstance,
  url: string,
  routes: Readonly<Partial<Record<Method, Route>>>,
): void {
  const allowed = METHODS.filter((method) => routes[method]);
  for (const method of allowed) {
    const route = routes[method];
    if (!route) continue;
    const { handle, ...config } = route;
    app.route<Asked>({ method, url, config: configOf(config), handler: (q, r) => handle(q, r) });
  }
  const first = allowed[0];
  app.route({
    method: METHODS.filter((method) => !routes[method]),
    url,
    config: { access: (first && routes[first]?.access) ?? "read", audit: "none", absent: true },
    handler: (request, reply) => {
      reply.header("allow", allowed.join(", "));
      throw new FleetError(
        "METHOD_NOT_ALLOWED",
        `${request.method} is not possible here, but ${allowed.join(", ")}`,
      );
    },
  });
}

function configOf({ access, about, namespaced, audit }: Omit<Route, "handle">) {
  return {
    access,
    ...(about ? { about } : {}),
    ...(namespaced ? { namespaced } : {}),
    ...(audit ? { audit } : {}),
  };
}

/** One value of the query. */
export function asked(request: Request, name: string): string | undefined {
  const value = request.query[name];
  return typeof value === "string" ? value : value?.[0];
}

export function isAsked(request: Request, name: string): boolean {
  const value = asked(request, name);
  return value !== undefined && value !== "false" && value !== "0";
}

/** A whole number of the query between 0 and `max`; throws BAD_REQUEST on anything else. */
export function askedNumber(
  request: Request,
  name: string,
  max: number = Number.MAX_SAFE_INTEGER,
): number | undefined {
  const value = asked(request, name);
  if (value === undefined || value === "") return undefined;
  const number = /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
  if (number <= max) return number;
  throw new FleetError("BAD_REQUEST", `${name} must be a whole number from 0 to ${max}`);
}

/** Kubernetes' way of telling a client something beside the answer. */
export function warn(reply: FastifyReply, warnings: readonly string[]): void {
  if (warnings.length === 0) return;
  const lines = warnings.slice(0, WARNINGS_MAX).map((warning) => {
    const text = warning.replace(/[^\x20-\x7e]/g, "?").replace(/["\\]/g, "\\$&");
    return `299 - "${text.slice(0, WARNING_CHARS_MAX)}"`;
  });
  reply.header("warning", lines);
}
const WARNINGS_MAX = 20;
const WARNING_CHARS_MAX = 500;

/**
 * Aborted when the client has gone before its answer was written. Fastify's own signal is aborted as soon as the body has
 * been read.
 */
export function goneOf({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  const look = (): void => {
    if (!raw.writableEnded) gone.abort();
  };
  if (raw.destroyed) look();
  else raw.once("close", look);
  return gone.signal;
}
