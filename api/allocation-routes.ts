import type { FastifyInstance } from "fastify";
import type { AuditTally } from "../access/audit/audit-tally.ts";
import type { FieldValidation } from "../core/model/admit.ts";
import type { AllocationSpec, AllocationStatus } from "../core/model/allocation.ts";
import { checkAllocation } from "../core/model/check-allocation.ts";
import { FleetError } from "../core/std/errors.ts";
import { isObject } from "../core/std/json.ts";
import type { Metrics } from "../monitor/metrics.ts";
import { allocating } from "./allocate.ts";
import { allocationBatch } from "./allocation-batch.ts";
import { allocatorGateway, bodyOf, takeBodiesAsText } from "./allocator-gateway.ts";
import type { Allocator, ApiBounds } from "./options.ts";
import { basePathOf } from "./resource-routes.ts";
import { asked, goneOf, type Request, serve, warn } from "./route.ts";
import { TextCache } from "./text-cache.ts";

export interface AllocationRoutesOptions {
  readonly allocator: Allocator;
  readonly metrics: Metrics;
  readonly tally: AuditTally;
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

/**
 * Allocation by Kubernetes' path and by Agones' allocator service. The hot path: a body comes as text, its checked form
 * is looked up by that text, and the answer is put together from texts.
 */
export function allocationRoutes(app: FastifyInstance, options: AllocationRoutesOptions): void {
  takeBodiesAsText(app);
  const { allocator, metrics, tally, bounds } = options;
  const cache = new TextCache<Checked>({ entriesMax: bounds.checkedAllocationsMax });
  const allocate = allocating(allocator, metrics, tally);
  serve(app, `${basePathOf("GameServerAllocation")}/namespaces/:namespace/gameserverallocations`, {
    POST: {
      access: "allocate",
      audit: "failures",
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
        const status = isTrial
          ? TRIAL
          : await allocate({
              namespace,
              spec: checked.spec,
              principal: request.principal,
              key: request.headers["idempotency-key"],
              content: textOf(request),
              from: request.raw.socket.remoteAddress,
              gone: () => goneOf(reply),
            });
        reply.code(201).header("content-type", "application/json; charset=utf-8");
        return answerText(namespace, checked.echo, status);
      },
    },
  });
  allocationBatch(app, { allocate, checkedMax: bounds.checkedAllocationsMax });
  app.register(async (scope) => allocatorGateway(scope, allocate));
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

function textOf({ body }: Request): string {
  return typeof body === "string" ? body : "";
}

function checkedOf(request: Request, cache: TextCache<Checked>): Checked {
  const text = textOf(request);
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
