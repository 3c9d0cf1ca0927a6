import type { FastifyInstance } from "fastify";
import type { AllocationSpec, AllocationStatus } from "../core/model/allocation.ts";
import { checkAllocation } from "../core/model/check-allocation.ts";
import { FleetError } from "../core/std/errors.ts";
import { isObject } from "../core/std/json.ts";
import type { Allocate } from "./allocate.ts";
import { bodyOf } from "./allocator-gateway.ts";
import { goneOf, serve } from "./route.ts";
import { expected, type Status, statusOf } from "./status.ts";
import { TextCache } from "./text-cache.ts";

/** Requests in one batch. */
const REQUESTS_MAX = 1_000;
/** Requests that are begun in one turn of the loop: they share a commit, and others get their turn between two slices. */
const SLICE = 100;
/** Requests of a kind that nobody asked before look through all servers: then a turn has fewer. */
const SLICE_MS = 10;

/** One request of a batch, checked; the same few come again and again. */
interface Checked {
  readonly namespace: string;
  readonly spec: AllocationSpec;
  readonly content: string;
}
/** What became of one request: the status of its allocation, or why it could not be made. */
type Result = { readonly status: AllocationStatus } | { readonly error: Status };

export interface BatchOptions {
  readonly allocate: Allocate;
  readonly checkedMax: number;
}

/**
 * `POST /v1/allocations:batch`: up to a thousand allocations in one request, answered in their order. Each stands for
 * itself: one that is refused does not hold up the others. An idempotency key of the batch is one for each of them, so
 * that a batch that broke off in the middle is finished by asking again, not done twice.
 */
export function allocationBatch(
  app: FastifyInstance,
  { allocate, checkedMax }: BatchOptions,
): void {
  const cache = new TextCache<Checked>({ entriesMax: checkedMax });
  serve(app, "/v1/allocations::batch", {
    POST: {
      access: "allocate",
      audit: "failures",
      namespaced: true,
      handle: async (request, reply) => {
        const asked = requestsOf(bodyOf(request)).map((one, i) => checkedOf(one, i, cache));
        const { principal, headers } = request;
        const signal = asked.some(({ spec }) => spec.waitUpToMs) ? goneOf(reply) : undefined;
        const common = {
          principal,
          key: headers["idempotency-key"],
          from: request.raw.socket.remoteAddress,
          ...(signal ? { gone: () => signal } : {}),
        };
        return {
          results: await inSlices(asked, (one, part) => allocate({ ...one, ...common, part })),
        };
      },
    },
  });
}

async function inSlices(
  asked: readonly Checked[],
  allocate: (one: Checked, part: number) => Promise<AllocationStatus>,
): Promise<readonly Result[]> {
  const results: Promise<Result>[] = [];
  let begun = 0;
  let startedAt = performance.now();
  for (const [part, one] of asked.entries()) {
    if (begun === SLICE || performance.now() - startedAt > SLICE_MS) {
      await new Promise((resolve) => setImmediate(resolve));
      begun = 0;
      startedAt = performance.now();
    }
    begun++;
    results.push(resultOf(allocate(one, part)));
  }
  return await Promise.all(results);
}

function requestsOf(body: unknown): readonly unknown[] {
  const { requests } = isObject(body) ? body : {};
  if (!Array.isArray(requests) || requests.length === 0 || requests.length > REQUESTS_MAX)
    throw new FleetError(
      "BAD_REQUEST",
      `requests must be a list of 1 to ${REQUESTS_MAX} allocations: {"requests": [{"spec": {…}}]}`,
    );
  return requests;
}

/** A request that is wrong refuses the whole batch, before anything is handed out. */
function checkedOf(input: unknown, i: number, cache: TextCache<Checked>): Checked {
  const text = JSON.stringify(input) ?? "";
  const known = cache.get(text);
  if (known) return known;
  try {
    const { spec, metadata } = checkAllocation(input, "Strict");
    const checked = { namespace: metadata.namespace ?? "default", spec, content: text };
    cache.set(text, checked);
    return checked;
  } catch (error) {
    const { code, message, details } = expected(error);
    throw new FleetError(code, `requests[${i}]: ${message}`, details);
  }
}

async function resultOf(allocation: Promise<AllocationStatus>): Promise<Result> {
  try {
    return { status: await allocation };
  } catch (error) {
    return { error: statusOf(error) };
  }
}
