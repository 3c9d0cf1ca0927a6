import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { BrowserGuard } from "../access/browser.ts";
import { demandAccess } from "../access/scopes.ts";
import type { HeldRequests } from "./held-requests.ts";
import { demandPlace, type IdentifyOptions, identify } from "./identify.ts";
import { ANSWER_HEADERS } from "./page-headers.ts";

export interface SecurityOptions extends IdentifyOptions {
  readonly guard: BrowserGuard;
  readonly held: HeldRequests;
}

const ANSWERS = Object.entries(ANSWER_HEADERS);

/** Before anything else of a request is looked at: is it from here, and may it. A route that says nothing may not. */
export function secure(app: FastifyInstance, options: SecurityOptions): void {
  const { guard, held, accounts } = options;
  app.decorateRequest("principal", undefined);
  app.addHook("onRequest", (request, reply, done) => {
    try {
      for (const [name, value] of ANSWERS) reply.header(name, value);
      const { host, origin } = request.headers;
      guard.check(host, origin);
      letIn(request, options);
      if (request.method === "GET") holdAnswer(request, reply, held);
      done();
    } catch (error) {
      done(error as Error);
    }
  });
  // Who asks may have lost the right to while the body was sent.
  app.addHook("preHandler", (request, _reply, done) => {
    try {
      const { principal } = request;
      if (principal?.kind === "node") letIn(request, options);
      else if (isRevocable(request) && principal && !accounts.holds(principal))
        letIn(request, options);
      done();
    } catch (error) {
      done(error as Error);
    }
  });
}

function letIn(request: FastifyRequest, options: IdentifyOptions): void {
  const { access = "read", namespaced = false } = request.routeOptions.config;
  const isChange = request.method !== "GET";
  // What is open to everybody asks nobody for a header; logging in must work with a stale cookie.
  request.principal = identify(request.headers, isChange && access !== "open", options);
  demandAccess(access, request.principal);
  if (access === "open" || access === "look") return;
  const { namespace } = request.params as { readonly namespace?: string };
  demandPlace(request.principal, namespace, namespaced);
}

function isRevocable({ principal }: FastifyRequest): boolean {
  return principal?.kind === "user" || principal?.kind === "token";
}

/** Streams are long answers to GET; a change that has begun is finished. */
function holdAnswer(request: FastifyRequest, { raw }: FastifyReply, held: HeldRequests): void {
  if (!request.principal || !isRevocable(request)) return;
  raw.once(
    "close",
    held.hold(request.principal, () => raw.destroy()),
  );
}
