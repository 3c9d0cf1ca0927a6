import { hash } from "node:crypto";
import type { AuditTally } from "../access/audit/audit-tally.ts";
import { demandNamespace } from "../access/scopes.ts";
import type { Principal } from "../access/tokens.ts";
import type { AllocationSpec, AllocationStatus } from "../core/model/allocation.ts";
import { FleetError } from "../core/std/errors.ts";
import type { Metrics } from "../monitor/metrics.ts";
import { whoOf } from "./audit-hook.ts";
import type { Allocator } from "./options.ts";

/** An allocation as every way in asks for it. */
export interface AskedAllocation {
  readonly namespace: string;
  readonly spec: AllocationSpec;
  readonly principal: Principal | undefined;
  /** `Idempotency-Key` of HTTP, `idempotency-key` of gRPC's metadata. */
  readonly key: string | string[] | undefined;
  /** What must be the same when the key comes again. */
  readonly content: string;
  /** Its place in a batch: one key stands for all of a batch, each for itself. */
  readonly part?: number;
  /** The address that it comes from, where that is known. */
  readonly from?: string | undefined;
  /** Aborted when who asks has gone; asked for only by a request that waits. */
  readonly gone?: () => AbortSignal;
}
export type Allocate = (asked: AskedAllocation) => Promise<AllocationStatus>;

const KEY_CHARS_MAX = 256;
const KEY_FORM = /^[\x21-\x7e]+$/;
export const UNALLOCATED = "there is no available GameServer to allocate";
export const CONTENTION = "too many concurrent requests have overwhelmed the system";

/** The one way from a request to the allocator: with its idempotency key, measured. */
export function allocating(
  allocator: Allocator,
  metrics: Metrics,
  tally?: Pick<AuditTally, "count">,
): Allocate {
  return async (asked) => {
    const startedAt = performance.now();
    const { namespace, spec, principal } = asked;
    demandNamespace(principal, namespace);
    const idempotency = idempotencyOf(asked);
    const signal = spec.waitUpToMs ? asked.gone?.() : undefined;
    const status = await allocator.allocate({
      namespace,
      spec,
      ...(idempotency ? { idempotency } : {}),
      ...(signal ? { signal } : {}),
    });
    tally?.count({
      ...whoOf(principal),
      from: asked.from ?? "",
      action: "allocate",
      target: namespace,
      outcome: status.state === "Allocated" ? "ok" : status.state,
    });
    metrics.allocated(status.state, (performance.now() - startedAt) / 1000);
    return status;
  };
}

/** The key of a request, in the scope of its caller and namespace, and what it asked for; undefined without one. */
export function idempotencyOf({
  key,
  namespace,
  principal,
  content,
  part,
}: Omit<AskedAllocation, "spec" | "gone">):
  | { readonly key: string; readonly bodyHash: string }
  | undefined {
  if (key === undefined) return undefined;
  if (typeof key !== "string" || key.length > KEY_CHARS_MAX || !KEY_FORM.test(key))
    throw new FleetError(
      "BAD_REQUEST",
      `Idempotency-Key must have 1 to ${KEY_CHARS_MAX} printable ASCII characters without spaces`,
    );
  // No key has a space in it, so that no other request's is the same.
  const whole = part === undefined ? key : `${key} ${part}`;
  return {
    key: `${scopeOf(principal)}/${namespace}/${whole}`,
    bodyHash: hash("sha256", content, "base64url"),
  };
}

/** Users and API tokens choose their names, and must not meet the keys of others. */
function scopeOf(principal: Principal | undefined): string {
  if (!principal) return "";
  const { kind, name } = principal;
  return kind === "user" || kind === "token" ? `${kind}:${name}` : name;
}
