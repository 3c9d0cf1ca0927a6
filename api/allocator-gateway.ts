import type { FastifyInstance, FastifyReply } from "fastify";
import type { AllocationStatus } from "../core/model/allocation.ts";
import { checkAllocatorRequest } from "../core/model/check-allocation.ts";
import { ERRORS } from "../core/std/errors.ts";
import { type Allocate, CONTENTION, UNALLOCATED } from "./allocate.ts";
import { countersAndLists, WHY_HEADER, whyOf } from "./allocator-answer.ts";
import { parseJson } from "./json-body.ts";
import { goneOf, type Request, serve } from "./route.ts";
import { expected, retryAfterOf } from "./status.ts";

/** Agones' allocator service over REST: `POST /gameserverallocation`, in the JSON and the errors of its gateway. */
export function allocatorGateway(app: FastifyInstance, allocate: Allocate): void {
  app.setErrorHandler((error, _request, reply) => gatewayError(error, reply));
  serve(app, "/gameserverallocation", {
    POST: {
      access: "allocate",
      audit: "failures",
      namespaced: true,
      handle: async (request, reply) => {
        const { namespace, spec } = checkAllocatorRequest(bodyOf(request));
        const { principal, headers, body } = request;
        const key = headers["idempotency-key"];
        const content = typeof body === "string" ? body : "";
        const gone = (): AbortSignal => goneOf(reply);
        const from = request.raw.socket.remoteAddress;
        const asked = { namespace, spec, principal, key, content, gone, from };
        return answerOf(await allocate(asked), reply);
      },
    },
  });
}

/** A body comes as text: what was sent is what an idempotency key stands for. */
export function takeBodiesAsText(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    ["application/json", "*"],
    { parseAs: "string" },
    (_request, body, done) => done(null, body),
  );
}

/** An empty body asks for any Ready server. */
export function bodyOf({ body }: Request): unknown {
  return typeof body === "string" && body !== "" ? parseJson(body) : {};
}

/** What Agones' gateway answers: its message as JSON, fields that are not set included. */
function answerOf(status: AllocationStatus, reply: FastifyReply): object {
  if (status.state !== "Allocated") return refusalOf(status, reply);
  const { gameServerName, ports, address, addresses, nodeName, source, metadata } = status;
  const { counters, lists } = countersAndLists(status, String);
  const where = { gameServerName, ports, address, addresses, nodeName, source };
  return { ...where, metadata: metadata ?? null, counters, lists };
}

function refusalOf(status: AllocationStatus, reply: FastifyReply): object {
  const why = whyOf(status);
  if (why !== undefined) reply.header(WHY_HEADER, why);
  const isContention = status.state === "Contention";
  reply.code(isContention ? 409 : 429);
  return isContention
    ? { code: 10, message: CONTENTION, details: [] }
    : { code: 8, message: UNALLOCATED, details: [] };
}

/** grpc-gateway's form of an error; an invalid request is INVALID_ARGUMENT (400). */
export function gatewayError(error: unknown, reply: FastifyReply): FastifyReply {
  const failure = expected(error);
  const { code, message } = failure;
  const { http, grpc } = ERRORS[code];
  reply.headers(retryAfterOf(failure));
  const answered = code === "INVALID" ? 400 : http;
  return reply.code(answered).send({ code: grpc, message, details: [] });
}
