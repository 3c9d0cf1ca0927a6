import { randomUUID, timingSafeEqual } from "node:crypto";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { checkSchema } from "../../core/model/check-schema.ts";
import type { Schema } from "../../core/model/schema.ts";
import { ERRORS, FleetError, messageOf, type Problem } from "../../core/std/errors.ts";
import { isObject, ownOf } from "../../core/std/json.ts";
import type { Logger } from "../../core/std/logger.ts";
import { noteConnections } from "./end-service.ts";
import { badRequest, expected, failureOf } from "./envelope.ts";
import type { ServiceMetrics } from "./metrics.ts";
import { describeService } from "./openapi.ts";
import { isForm, readForm, unsupported, watchUploads } from "./read-form.ts";
import type {
  Answer,
  Asked,
  FileAnswer,
  Player,
  ServiceRoute,
  TextAnswer,
  Upload,
} from "./route.ts";
import { methodsOf } from "./route-paths.ts";
import { sendFile } from "./send-file.ts";

export interface ServiceOptions {
  readonly title: string;
  readonly version: string;
  readonly description: string;
  readonly routes: readonly ServiceRoute[];
  /** Routes without an envelope: what standards say the form of. */
  readonly plain: Readonly<Record<string, () => unknown>>;
  /** Whom a bearer token names; UNAUTHENTICATED otherwise. */
  readonly authenticate: (token: string) => Promise<Player>;
  readonly operatorToken: string;
  /** True when it is about to end: it is not ready, and every answer is the last one of its connection. */
  readonly isEnding: () => boolean;
  /** Why it cannot serve at the moment; undefined when it can. */
  readonly notReady: () => Promise<string | undefined>;
  readonly bodyBytesMax: number;
  /** A connection on which nothing moves for so long is cut, also in the middle of an answer; 120 s unless given. */
  readonly silentMs?: number;
  /** Proxies before the service whose word on the client's address counts. */
  readonly proxies: number;
  readonly metrics: ServiceMetrics;
  readonly logger: Logger;
  /** Adds what no table of routes describes: files of a page, what is passed on to others. */
  readonly beside?: (app: FastifyInstance) => void;
}

const KEEP_ALIVE_MS = 72_000;
const HEADERS_TIMEOUT_MS = 20_000;
const REQUEST_TIMEOUT_MS = 60_000;
/** Longer than any answer takes to begin: a connection on which nothing moves any more reads nothing either. */
const SILENT_MS = 120_000;
/** What a form adds to its file: boundaries and headers. */
const FORM_BYTES_MAX = 4_096;
const REQUEST_ID = /^[\w-]{1,64}$/;
const KEY = /^[\x21-\x7e]{1,255}$/;

/** A service with its routes, its description, health pages and numbers; the caller gives it a place to listen. */
export async function createService(options: ServiceOptions): Promise<FastifyInstance> {
  const app = fastify({
    logger: false,
    exposeHeadRoutes: false,
    bodyLimit: options.bodyBytesMax,
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: options.silentMs ?? SILENT_MS,
    http: { headersTimeout: HEADERS_TIMEOUT_MS },
    return503OnClosing: false,
    trustProxy: (_address, hop) => hop < options.proxies,
    requestIdHeader: false,
    frameworkErrors: (_error, request, reply) => answerBadPath(request, reply),
    genReqId: ({ headers }) => {
      const given = headers["x-request-id"];
      return typeof given === "string" && REQUEST_ID.test(given) ? given : randomUUID();
    },
  });
  noteConnections(app);
  measure(app, options);
  answerErrors(app, options);
  readJson(app);
  readForm(app);
  app.decorateRequest("caller", undefined);
  for (const route of options.routes) serve(app, route, options);
  for (const [url, show] of Object.entries(options.plain)) app.get(url, async () => show());
  healthRoutes(app, options);
  options.beside?.(app);
  const description = describeService(options);
  app.get("/openapi.json", async () => description);
  await app.ready();
  return app;
}

/** Who calls: a player with the token, or neither for operators and on open routes. */
interface Caller {
  readonly player: Player | undefined;
  readonly token: string | undefined;
}
const NOBODY: Caller = { player: undefined, token: undefined };

/** A request whose sender is known. */
interface Admitted extends FastifyRequest {
  caller?: Caller | undefined;
}

function serve(app: FastifyInstance, route: ServiceRoute, options: ServiceOptions): void {
  const { method, url, access, files, upload } = route;
  // Nothing is read of a body before it is known who sends it.
  const admitting = async (request: Admitted): Promise<void> => {
    request.caller = await admit(request, route, options);
  };
  const hooks = access === "open" ? [] : [admitting];
  app.route({
    method: files ? [method, "HEAD"] : method,
    url,
    onRequest: upload ? [...hooks, watchUploads(upload, senderOf)] : hooks,
    bodyLimit: route.bodyBytesMax ?? options.bodyBytesMax,
    ...(upload
      ? { bodyLimit: upload.bytesMax + FORM_BYTES_MAX, config: { upload } as object }
      : {}),
    handler: async (request, reply) => {
      const answer = await route.handle(askedOf(request, reply, route));
      return send(request, reply, route, answer);
    },
  });
}

/** Who is counted: the player, or the address that somebody else comes from. */
function senderOf({ caller, ip }: Admitted): string {
  return caller?.player?.userId ?? ip;
}

function askedOf(request: Admitted, reply: FastifyReply, route: ServiceRoute): Asked<never> {
  const { upload } = route;
  const body = upload ? {} : (request.body ?? {});
  const query = queryOf(route, request);
  return {
    body: checked(route.body ?? NOTHING, body, "") as never,
    query: checked(route.query ?? NOTHING, query, "?") as Asked<never>["query"],
    params: checked(route.params ?? NOTHING, request.params, "") as Asked<never>["params"],
    file: upload ? fileOf(request.body, upload) : undefined,
    address: request.ip,
    ...(request.caller ?? NOBODY),
    idempotencyKey: keyOf(request),
    get signal() {
      return goneSignal(reply);
    },
  };
}

function fileOf(found: unknown, { field }: Upload): Buffer {
  if (Buffer.isBuffer(found)) return found;
  throw badRequest([{ path: field, message: "is required, found nothing" }]);
}

/** Fastify's own signal is aborted when the body has been read; this one when there is nobody to answer any more. */
function goneSignal({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  if (raw.destroyed) gone.abort();
  raw.once("close", () => {
    if (!raw.writableFinished) gone.abort();
  });
  return gone.signal;
}

function send(
  request: FastifyRequest,
  reply: FastifyReply,
  { status }: ServiceRoute,
  answer: Answer | TextAnswer | FileAnswer,
): unknown {
  if ("bytes" in answer) return sendFile(request, reply, answer);
  if ("text" in answer) {
    if (answer.etag !== undefined) {
      const etag = `"${answer.etag}"`;
      // What somebody else was shown under the same version may be another view of it.
      reply.headers({ etag, "cache-control": "private, no-cache", vary: "authorization" });
      if (request.headers["if-none-match"] === etag) return reply.code(304).send();
    }
    reply.code(status).type("application/json; charset=utf-8");
    return reply.send(`{"code":1,"message":${answer.text}}`);
  }
  reply.code(answer.status ?? status);
  return { code: 1, message: answer.message, ...answer.beside };
}

const NOTHING: Schema = { type: "object", properties: {} };

async function admit(
  request: FastifyRequest,
  { access }: Pick<ServiceRoute, "access">,
  { authenticate, operatorToken }: ServiceOptions,
): Promise<Caller> {
  if (access === "open") return NOBODY;
  const [, token] = /^Bearer (\S{1,4096})$/i.exec(request.headers.authorization ?? "") ?? [];
  if (token === undefined) throw new FleetError("UNAUTHENTICATED", "token missing");
  if (access !== "player" && isSame(token, operatorToken)) return NOBODY;
  if (access !== "operator") return { player: await authenticate(token), token };
  throw new FleetError("UNAUTHENTICATED", "token invalid");
}

/** Takes as long for a wrong token as for the right one; how long that is, is no secret. */
function isSame(token: string, right: string): boolean {
  const [a, b] = [Buffer.from(token), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function checked(schema: Schema, value: unknown, path: string): unknown {
  const { problems, unknown } = checkSchema(schema, value, path);
  const strange: Problem[] = unknown.map(({ path: at, nearest }) => ({
    path: at,
    message: nearest ? `is not known; did you mean ${nearest}?` : "is not known",
  }));
  const all = [...problems, ...strange];
  if (all.length > 0) throw badRequest(all);
  if (isObject(value)) return withoutNulls(schema, value);
  throw badRequest([{ path, message: "must be an object" }]);
}

/** `null` is as good as absent, wherever the schema looks into a value. */
function withoutNulls({ properties = {}, items }: Schema, value: unknown): unknown {
  if (Array.isArray(value)) return items ? value.map((one) => withoutNulls(items, one)) : value;
  if (!isObject(value)) return value;
  const members = Object.entries(value).filter(
    ([name, one]) => one !== null || !Object.hasOwn(properties, name),
  );
  return Object.fromEntries(
    members.map(([name, one]) => [name, withoutNulls(ownOf(properties, name) ?? {}, one)]),
  );
}

/** Numbers of a query come as text; what is none stays text, and the schema says so. */
function queryOf({ query }: ServiceRoute, request: FastifyRequest): Record<string, unknown> {
  const given = Object.entries(request.query as Record<string, unknown>);
  return Object.fromEntries(
    given.map(([name, value]) => {
      const isNumber = query?.properties?.[name]?.type === "integer";
      const asNumber = isNumber && typeof value === "string" && /^\d{1,15}$/.test(value);
      return [name, asNumber ? Number(value) : value];
    }),
  );
}

function keyOf({ headers }: FastifyRequest): string | undefined {
  const key = headers["idempotency-key"];
  if (key === undefined) return undefined;
  if (typeof key === "string" && KEY.test(key)) return key;
  throw badRequest([{ path: "Idempotency-Key", message: "must be 1 to 255 visible characters" }]);
}

/** A client that says JSON and sends nothing means no body. */
function readJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    if (isForm(request)) done(unsupported());
    else if (body === "") done(null, undefined);
    else void parse(request, String(body), done);
  });
}

/** Every answer carries its request's id, and is counted by its route. */
function measure(app: FastifyInstance, { metrics, isEnding }: ServiceOptions): void {
  app.addHook("onRequest", async (request, reply) => {
    metrics.began();
    // Not when it is answered: some clients do not wait for that.
    reply.raw.once("close", () => {
      const status = reply.raw.writableFinished ? reply.statusCode : ERRORS.CANCELLED.http;
      const route = request.routeOptions.url ?? "none";
      metrics.answered(request.method, route, status, reply.elapsedTime / 1_000);
    });
    reply.header("x-request-id", request.id);
    reply.header("cache-control", "no-store");
  });
  app.addHook("onSend", async (_request, reply) => {
    if (isEnding()) reply.header("connection", "close");
  });
}

/** A path that cannot be decoded, or has too long a part: it has come to no route, and to no hook. */
function answerBadPath(request: FastifyRequest, reply: FastifyReply): void {
  const error = badRequest([{ path: "", message: "the path cannot be read" }]);
  const { status, body } = failureOf(error, request.id);
  const headers = { "x-request-id": request.id, "cache-control": "no-store" };
  reply.code(status).headers(headers).type("application/json").send(body);
}

/** Work that ended because nobody waits for it any more is no failure. */
function isGone(error: unknown, { raw }: FastifyReply): boolean {
  return raw.destroyed && isObject(error) && error.name === "AbortError";
}

/** Only what nobody expected is logged, and never what was sent. */
function answerErrors(app: FastifyInstance, { logger, routes }: ServiceOptions): void {
  app.setErrorHandler((error, request, reply) => {
    const { status, body, retryAfterSeconds } = failureOf(error, request.id);
    const { code, cause } = expected(error);
    if (status >= 500 && !isGone(error, reply)) {
      const fields = {
        method: request.method,
        route: request.routeOptions.url,
        requestId: request.id,
      };
      const level = code === "INTERNAL" ? "error" : "warn";
      logger[level]({ ...fields, because: messageOf(cause ?? error) }, "a request failed");
    }
    if (retryAfterSeconds !== undefined) reply.header("retry-after", String(retryAfterSeconds));
    return reply.code(status).type("application/json").send(body);
  });
  app.setNotFoundHandler((request, reply) => {
    const others = methodsOf(routes, request.url.split("?")[0] ?? "");
    if (others.length > 0) {
      reply.header("allow", others.join(", "));
      throw new FleetError("METHOD_NOT_ALLOWED", "method not allowed");
    }
    throw new FleetError("NOT_FOUND", "not found");
  });
}

function healthRoutes(app: FastifyInstance, options: ServiceOptions): void {
  const plain = (reply: FastifyReply, text: string): FastifyReply =>
    reply.type("text/plain").send(text);
  app.get("/livez", async (_request, reply) => plain(reply, "ok\n"));
  app.get("/readyz", async (_request, reply) => {
    const reason = options.isEnding() ? "it is ending" : await options.notReady();
    if (reason !== undefined)
      throw new FleetError("UNAVAILABLE", `not ready: ${reason}`, { retryAfterSeconds: 1 });
    return plain(reply, "ok\n");
  });
  app.get("/metrics", async (request, reply) => {
    await admit(request, { access: "operator" }, options);
    const { type, text } = await options.metrics.show();
    return reply.type(type).send(text);
  });
}
