import type { IncomingMessage, ServerResponse } from "node:http";
import fastify, { type FastifyInstance } from "fastify";
import { demandAccess } from "../../access/scopes.ts";
import { FleetError, messageOf } from "../../core/std/errors.ts";
import type { Logger } from "../../core/std/logger.ts";
import type { Metrics } from "../../monitor/metrics.ts";
import type { Allocate } from "../allocate.ts";
import { allocatorGateway, gatewayError, takeBodiesAsText } from "../allocator-gateway.ts";
import { aliveRoutes } from "../health-routes.ts";
import { expected } from "../status.ts";
import type { Caller } from "./caller.ts";

export interface RestOptions {
  readonly allocate: Allocate;
  readonly notReady: () => string | undefined;
  readonly bodyBytesMax: number;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** The REST half of the allocation service, for requests whose caller is known by their connection. */
export class Rest implements AsyncDisposable {
  readonly #app: FastifyInstance;
  readonly #callers: WeakMap<object, Caller>;

  private constructor(app: FastifyInstance, callers: WeakMap<object, Caller>) {
    this.#app = app;
    this.#callers = callers;
  }

  static async open(options: RestOptions): Promise<Rest> {
    const callers = new WeakMap<object, Caller>();
    const app = fastify({
      logger: false,
      exposeHeadRoutes: false,
      bodyLimit: options.bodyBytesMax,
    });
    takeBodiesAsText(app);
    letIn(app, callers);
    answerErrors(app, options);
    aliveRoutes(app, options);
    app.register(async (scope) => allocatorGateway(scope, options.allocate));
    await app.ready();
    return new Rest(app, callers);
  }

  serve(caller: Caller, request: IncomingMessage, response: ServerResponse): void {
    this.#callers.set(request, caller);
    this.#app.routing(request, response);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#app.close();
  }
}

function letIn(app: FastifyInstance, callers: WeakMap<object, Caller>): void {
  app.decorateRequest("principal", undefined);
  app.addHook("onRequest", (request, _reply, done) => {
    try {
      // Only browsers send it, for a page of somebody else: nothing of this service is for pages.
      if (request.headers.origin !== undefined)
        throw new FleetError("FORBIDDEN", "requests from pages are refused");
      const caller = callers.get(request.raw);
      const access = request.routeOptions.config.access ?? "allocate";
      if (access !== "open" || caller?.refusal !== undefined) {
        request.principal = caller?.principal(request.headers.authorization);
        demandAccess(access, request.principal);
      }
      done();
    } catch (error) {
      done(error as Error);
    }
  });
}

function answerErrors(app: FastifyInstance, { metrics, logger }: RestOptions): void {
  app.addHook("onError", async (request, _reply, error) => {
    const { code } = expected(error);
    metrics.refused(code);
    if (code === "INTERNAL")
      logger.error(
        { route: request.routeOptions.url, because: messageOf(error) },
        "a request of the allocation service failed unexpectedly",
      );
  });
  app.setErrorHandler((error, request, reply) => {
    // Who may ask nothing is told so once per connection; HTTP/2 has no such header.
    if (expected(error).code === "UNAUTHENTICATED" && request.raw.httpVersionMajor === 1)
      reply.header("connection", "close");
    return gatewayError(error, reply);
  });
  app.setNotFoundHandler((request) => {
    throw new FleetError("NOT_FOUND", `there is nothing at ${request.url.split("?")[0]}`);
  });
}
