import { hash } from "node:crypto";
import type { FastifyInstance, FastifyReply } from "fastify";
import type { FieldValidation } from "../core/model/admit.ts";
import type { AllocationSpec, AllocationStatus } from "../core/model/allocation.ts";
import { checkAllocation, checkAllocatorRequest } from "../core/model/check-allocation.ts";
import { ERRORS, FleetError } from "../core/std/errors.ts";
import { isObject } from "../core/std/json.ts";
import type { Metrics } from "../monitor/metrics.ts";
import { parseJson } from "./json-body.ts";
import type { Allocator, ApiBounds } from "./options.ts";
import { basePathOf } from "./resource-routes.ts";
import { asked, type Request, serve, warn } from "./route.ts";
import { expected } from "./status.ts";
import { TextCache } from "./text-cache.ts";

export interface AllocationRoutesOptions {
  readonly allocator: Allocator;
  readonly metrics: Metrics;
  readonly bounds: ApiBounds;
}

/** A request body that was checked once; matchmakers send the same few again and again. */
interface Checked {
  readonly spec: AllocationSpec;
  /** Undefined when the body names none. */
  readonly namespace: string | undefined;
  /** The spec as JSON, for the answer. */
  readonly echo: string;
  readonly warnings: readonly string[];
}

const KEY_CHARS_MAX = 256;
const KEY_FORM = /^[\x21-\x7e]+$/;
const UNALLOCATED = "there is no available GameServer to allocate";
const CONTENTION = "too many concurrent requests have overwhelmed the system";

/**
 * Allocation by Kubernetes' path and by Agones' allocator service. The hot path: a body comes as text, its checked form
 * is looked up by that text, and the answer is put together from texts.
 */
export function allocationRoutes(app: FastifyInstance, options: AllocationRoutesOptions): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    ["application/json", "*"],
    { parseAs: "string" },
    (_request, body, done) => done(null, body),
  );
  const { allocator, metrics, bounds } = options;
  const cache = new TextCache<Checked>({ entriesMax: bounds.checkedAllocationsMax });
  const allocate = async (
    request: Request,
    namespace: string,
    spec: AllocationSpec,
  ): Promise<AllocationStatus> => {
    const startedAt = performance.now();
    const idempotency = idempotencyOf(request, namespace);
    const asked = idempotency ? { namespace, spec, idempotency } : { namespace, spec };
    const status = await allocator.allocate(asked);
    metrics.allocated(status.state, (performance.now() - startedAt) / 1000);
    return status;
  };
  serve(app, `${basePathOf("GameServerAllocation")}/namespaces/:namespace/gameserverallocations`, {
    POST: {
      access: "allocate",
      handle: async (request, reply) => {
        const namespace = request.params.namespace ?? "";
        const checked = checkedOf(request, cache);
        if (checked.namespace !== undefined && checked.namespace !== namespace)
          throw new FleetError(
            "BAD_REQUEST",
            `metadata.namespace must be ${namespace} here, found ${checked.namespace}`,
          );
        if (checked.warnings.length > 0) warn(reply, checked.warnings);
        const isTrial = asked(request, "dryRun") === "All";
        const status = isTrial ? TRIAL : await allocate(request, namespace, checked.spec);
        reply.code(201).header("content-type", "application/json; charset=utf-8");
        return answerText(namespace, checked.echo, status);
      },
    },
  });
  app.register(async (scope) => {
    scope.setErrorHandler((error, _request, reply) => gatewayError(error, reply));
    serve(scope, "/gameserverallocation", {
      POST: {
        access: "allocate",
        handle: async (request, reply) => {
          const { namespace, spec } = checkAllocatorRequest(bodyOf(request));
          return gatewayAnswer(await allocate(request, namespace, spec), reply);
        },
      },
    });
  });
}

const TRIAL: AllocationStatus = {
  state: "UnAllocated",
  gameServerName: "",
  ports: [],
  address: "",
  addresses: [],
  nodeName: "",
  source: "local",
  message: "dry run: nothing was allocated",
};

/** An empty body asks for any Ready server. */
function bodyOf({ body }: Request): unknown {
  return typeof body === "string" && body !== "" ? parseJson(body) : {};
}

function checkedOf(request: Request, cache: TextCache<Checked>): Checked {
  const { body } = request;
  const text = typeof body === "string" ? body : "";
  const validation = asked(request, "fieldValidation") ?? "Warn";
  if (validation !== "Warn") return check(bodyOf(request), validation);
  const known = cache.get(text);
  if (known) return known;
  const checked = check(bodyOf(request), validation);
  cache.set(text, checked);
  return checked;
}

function check(input: unknown, validation: string): Checked {
  if (validation !== "Warn" && validation !== "Strict" && validation !== "Ignore")
    throw new FleetError("BAD_REQUEST", "fieldValidation must be Strict, Warn or Ignore");
  const { spec, warnings } = checkAllocation(input, validation satisfies FieldValidation);
  const { spec: given, metadata } = isObject(input) ? input : {};
  const echo = { ...(isObject(given) ? given : {}), scheduling: spec.scheduling };
  const { namespace } = isObject(metadata) ? metadata : {};
  return {
    spec,
    namespace: typeof namespace === "string" && namespace !== "" ? namespace : undefined,
    echo: JSON.stringify(echo),
    warnings,
  };
}

/** The same request twice gives the same text: it names no time of its own. */
function answerText(namespace: string, echo: string, status: AllocationStatus): string {
  const head = `{"kind":"GameServerAllocation","apiVersion":"allocation.agones.dev/v1","metadata":{"name":`;
  return `${head}${JSON.stringify(status.gameServerName)},"namespace":${JSON.stringify(namespace)},"creationTimestamp":null},"spec":${echo},"status":${JSON.stringify(status)}}`;
}

function idempotencyOf(
  { headers, principal, body }: Request,
  namespace: string,
): { readonly key: string; readonly bodyHash: string } | undefined {
  const key = headers["idempotency-key"];
  if (key === undefined) return undefined;
  if (typeof key !== "string" || key.length > KEY_CHARS_MAX || !KEY_FORM.test(key))
    throw new FleetError(
      "BAD_REQUEST",
      `Idempotency-Key must have 1 to ${KEY_CHARS_MAX} printable ASCII characters without spaces`,
    );
  const text = typeof body === "string" ? body : "";
  return {
    key: `${principal?.name ?? ""}/${namespace}/${key}`,
    bodyHash: hash("sha256", text, "base64url"),
  };
}

/** What Agones' REST gateway answers: its message as JSON, fields that are not set included. */
function gatewayAnswer(status: AllocationStatus, reply: FastifyReply): object {
  if (status.state === "UnAllocated") return refusal(reply, 429, 8, UNALLOCATED);
  if (status.state === "Contention") return refusal(reply, 409, 10, CONTENTION);
  const { gameServerName, ports, address, addresses, nodeName, source, metadata } = status;
  return {
    gameServerName,
    ports,
    address,
    addresses,
    nodeName,
    source,
    metadata: metadata ?? null,
    counters: {},
    lists: {},
  };
}

function refusal(reply: FastifyReply, http: number, code: number, message: string): object {
  reply.code(http);
  return { code, message, details: [] };
}

/** grpc-gateway's form of an error; an invalid request is INVALID_ARGUMENT (400). */
function gatewayError(error: unknown, reply: FastifyReply): FastifyReply {
  const { code, message } = expected(error);
  const { http, grpc } = ERRORS[code];
  const answered = code === "INVALID" ? 400 : http;
  return reply.code(answered).send({ code: grpc, message, details: [] });
}
