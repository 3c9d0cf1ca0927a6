import type { FastifyInstance } from "fastify";
import type { BrowserGuard } from "../access/browser.ts";
import { demandAccess } from "../access/scopes.ts";
import type { Tokens } from "../access/tokens.ts";

export interface SecurityOptions {
  readonly tokens: Tokens;
  readonly guard: BrowserGuard;
}

/** Before anything else of a request is looked at: is it from here, and may it. A route that says nothing may not. */
export function secure(app: FastifyInstance, { tokens, guard }: SecurityOptions): void {
  app.decorateRequest("principal", undefined);
  app.addHook("onRequest", (request, _reply, done) => {
    try {
      const { host, origin, authorization } = request.headers;
      guard.check(host, origin);
      request.principal = tokens.principalOf(authorization);
      demandAccess(request.routeOptions.config.access ?? "read", request.principal);
      done();
    } catch (error) {
      done(error as Error);
    }
  });
  // The credential of a machine may have ended while it sent its body.
  app.addHook("preHandler", (request, _reply, done) => {
    try {
      if (request.principal?.scope === "node") {
        request.principal = tokens.principalOf(request.headers.authorization);
        demandAccess(request.routeOptions.config.access ?? "read", request.principal);
      }
      done();
    } catch (error) {
      done(error as Error);
    }
  });
}
