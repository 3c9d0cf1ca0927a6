import { randomUUID } from "node:crypto";
import fastify, { type FastifyInstance, type FastifyReply } from "fastify";
import { FleetError, messageOf } from "../core/std/errors.ts";
import { LiveRows } from "../monitor/samples/live-rows.ts";
import { alertRoutes } from "./alert-routes.ts";
import { allocationRoutes } from "./allocation-routes.ts";
import { auditChanges } from "./audit-hook.ts";
import { auditRoutes } from "./audit-routes.ts";
import { discoveryRoutes } from "./discovery-routes.ts";
import { eventRoutes } from "./event-routes.ts";
import { healthRoutes } from "./health-routes.ts";
import { HeldRequests } from "./held-requests.ts";
import { historyRoutes } from "./history-routes.ts";
import { ImageBlobs } from "./image-blobs.ts";
import { parseJson } from "./json-body.ts";
import { LineWriter } from "./line-writer.ts";
import { LinkFanOut } from "./link-fan-out.ts";
import { linkRoutes } from "./link-routes.ts";
import { logRoutes } from "./log-routes.ts";
import { monitorRoutes } from "./monitor-routes.ts";
import { openApiOf, type RoutePath } from "./openapi.ts";
import type { ApiOptions } from "./options.ts";
import { ANSWER_HEADERS } from "./page-headers.ts";
import { pageRoutes } from "./page-routes.ts";
import { resourceRoutes } from "./resource-routes.ts";
import { roomRoutes } from "./room-routes.ts";
import { serve } from "./route.ts";
import { secure } from "./security.ts";
import { sessionRoutes } from "./session-routes.ts";
import { expected, retryAfterOf, statusOf } from "./status.ts";
import { streamRoutes } from "./stream/stream-routes.ts";
import { tokenRoutes } from "./token-routes.ts";
import { Tunnels } from "./tunnels.ts";
import { upgrades } from "./upgrades.ts";
import { userRoutes } from "./user-routes.ts";
import { waitingRoutes } from "./waiting-routes.ts";
import { Watches } from "./watch.ts";
import { ResourceWriter } from "./write.ts";

const JSON_TYPES = [
  "application/json",
  "application/merge-patch+json",
  "application/json-patch+json",
];
const KEEP_ALIVE_MS = 72_000;
/** What is under way when the server stops has so long to be answered. */
const CLOSE_GRACE_MS = 1_000;
const CLOSE_CHECK_MS = 20;

/**
 * The whole API of the control plane; the caller gives it a place to listen. `close` ends every stream and waits a
 * little for what is under way.
 */
export async function createApi(options: ApiOptions): Promise<FastifyInstance> {
  const { bounds, access } = options;
  const app = fastify({
    logger: false,
    requestIdHeader: false,
    exposeHeadRoutes: false,
    forceCloseConnections: "idle",
    bodyLimit: bounds.bodyBytesMax,
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: bounds.requestTimeoutMs,
    http: {
      headersTimeout: bounds.headersTimeoutMs,
      connectionsCheckingInterval: bounds.slowLookEveryMs,
    },
    routerOptions: { maxParamLength: 512 },
  });
  const paths: RoutePath[] = [];
  app.addHook("onRoute", ({ method, url, config }) => {
    if (config?.page || config?.absent) return;
    for (const one of [method].flat())
      paths.push({
        ...{ url, method: one, access: config?.access ?? "read" },
        ...(config?.about ? { about: config.about } : {}),
      });
  });
  const held = new HeldRequests(access.accounts);
  auditChanges(app, { ...options, ...access });
  secure(app, { ...options, ...access, held });
  answerErrors(app, options);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(JSON_TYPES, { parseAs: "string" }, (_request, body, done) => {
    try {
      done(null, body === "" ? undefined : parseJson(String(body)));
    } catch (error) {
      done(error as Error);
    }
  });
  registerRoutes(app, options, held);
  app.register(async (scope) => allocationRoutes(scope, { ...options, ...access }));
  let description: object | undefined;
  const describe = (): object => {
    description ??= openApiOf(options.version, paths);
    return description;
  };
  serve(app, "/openapi.json", { GET: { access: "open", handle: describe } });
  await app.ready();
  return app;
}

function registerRoutes(app: FastifyInstance, options: ApiOptions, held: HeldRequests): void {
  const { store, events, nodeLink, metrics, clock, bounds, version, access } = options;
  const openWriter = (reply: FastifyReply): LineWriter => {
    reply.hijack();
    reply.raw.writeHead(200, {
      ...ANSWER_HEADERS,
      "content-type": "application/json",
      "cache-control": "no-store",
      connection: "close",
    });
    reply.raw.flushHeaders();
    return new LineWriter(reply.raw, { bufferBytesMax: bounds.watchBufferBytesMax });
  };
  const writer = new ResourceWriter({ store, clock, newUid: randomUUID });
  const watches = new Watches({ store, metrics, bounds, openWriter });
  const fanOut = new LinkFanOut({ store, bookmarkEveryMs: bounds.bookmarkEveryMs });
  const tunnels = new Tunnels({ store, metrics, bounds });
  resourceRoutes(app, { store, writer, watches, bounds });
  eventRoutes(app, { events, listMax: bounds.listMax, openWriter });
  const { blobFolder: folder } = options;
  const blobs = new ImageBlobs({ store, tunnels, folder, bytesMax: bounds.blobBytesMax });
  const waitingEveryMs = bounds.bookmarkEveryMs;
  linkRoutes(app, { ...options, nodeLink, fanOut, openWriter, blobs, waitingEveryMs });
  logRoutes(app, { tunnels, metrics });
  roomRoutes(app, { ...options, listMax: bounds.listMax });
  waitingRoutes(app, options.line);
  const rows = new LiveRows(options.samples);
  monitorRoutes(app, { ...options, rows });
  const stream = streamRoutes(app, { ...options, rows });
  historyRoutes(app, options.history);
  alertRoutes(app, { alerts: options.alerts, now: () => clock.now() });
  healthRoutes(app, options);
  discoveryRoutes(app, version);
  pageRoutes(app, options.page);
  sessionRoutes(app, access.accounts);
  userRoutes(app, access.accounts);
  tokenRoutes(app, access.accounts);
  auditRoutes(app, access.audit);
  upgrades(app, { ...options, ...access, tunnels, held });
  app.addHook("preClose", async () => {
    held[Symbol.dispose]();
    watches[Symbol.dispose]();
    stream[Symbol.dispose]();
    fanOut[Symbol.dispose]();
    await tunnels[Symbol.asyncDispose]();
    closeInGoodOrder(app);
  });
}

/** Connections are kept alive by clients: each is closed when its request was answered, or when its time is over. */
function closeInGoodOrder(app: FastifyInstance): void {
  const idle = setInterval(() => app.server.closeIdleConnections(), CLOSE_CHECK_MS);
  const late = setTimeout(() => app.server.closeAllConnections(), CLOSE_GRACE_MS);
  app.server.once("close", () => {
    clearInterval(idle);
    clearTimeout(late);
  });
}

/** Every failure becomes a Status here; only what nobody expected is logged, and never the request's headers. */
function answerErrors(app: FastifyInstance, { logger, metrics }: ApiOptions): void {
  app.setErrorHandler((error, request, reply) => {
    const failure = expected(error);
    request.failure = failure;
    const { code } = failure;
    metrics.refused(code);
    if (code === "INTERNAL")
      logger.error(
        { method: request.method, route: request.routeOptions.url, because: messageOf(error) },
        "a request failed unexpectedly",
      );
    const status = statusOf(error);
    reply.headers(retryAfterOf(failure));
    reply.code(status.code).type("application/json");
    request.routeOptions.config?.onFailure?.(request, reply);
    return reply.send(status);
  });
  app.setNotFoundHandler((request) => {
    throw new FleetError("NOT_FOUND", `there is nothing at ${request.url.split("?")[0]}`);
  });
}
