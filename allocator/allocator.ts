import type { AllocationSpec, AllocationStatus } from "../core/model/allocation.ts";
import type { GameServer } from "../core/model/game-server.ts";
import { type Clock, rfc3339 } from "../core/std/clock.ts";
import { FleetError } from "../core/std/errors.ts";
import type { ResourceStore } from "../store/resource-store.ts";
import { allocatedStatus, handOut, unallocatedStatus } from "./decide/allocation.ts";
import type { SelectorIndexes } from "./selector-indexes.ts";

export interface AllocationRequest {
  readonly namespace: string;
  readonly spec: AllocationSpec;
  /** The same key and body get the same answer for an hour, also after a crash. */
  readonly idempotency?: { readonly key: string; readonly bodyHash: string };
}
export interface AllocatorOptions {
  readonly store: ResourceStore;
  readonly indexes: SelectorIndexes;
  readonly clock: Clock;
  readonly onAllocated: (server: GameServer) => void;
  /** None was free: told to whoever opens servers, where there is one. */
  readonly onMissed?: (namespace: string, spec: AllocationSpec) => void;
}

/** Hands out Ready game servers. One thread picks and changes the head in one turn, so that none is given twice. */
export class Allocator {
  readonly #options: AllocatorOptions;
  readonly #underWay = new Map<string, { bodyHash: string; answer: Promise<AllocationStatus> }>();

  constructor(options: AllocatorOptions) {
    this.#options = options;
  }

  /**
   * Resolves after the commit. That none is free is an answer (`UnAllocated`, with the reason in `message`). Throws
   * KEY_REUSED when the key came with another body before, STORAGE_FULL when nothing can be made durable.
   */
  allocate(request: AllocationRequest): Promise<AllocationStatus> {
    const { idempotency } = request;
    return idempotency ? this.#once(request, idempotency) : this.#allocate(request);
  }

  async #once(
    request: AllocationRequest,
    { key, bodyHash }: NonNullable<AllocationRequest["idempotency"]>,
  ): Promise<AllocationStatus> {
    const known = this.#options.store.recall(key);
    const running = this.#underWay.get(key);
    const hash = running?.bodyHash ?? known?.bodyHash ?? bodyHash;
    if (hash !== bodyHash)
      throw new FleetError("KEY_REUSED", "this idempotency key came with another request before");
    if (running) return await running.answer;
    if (known) return JSON.parse(known.answer) as AllocationStatus;
    const answer = this.#allocate(request);
    this.#underWay.set(key, { bodyHash, answer });
    try {
      return await answer;
    } finally {
      this.#underWay.delete(key);
    }
  }

  async #allocate({ namespace, spec, idempotency }: AllocationRequest): Promise<AllocationStatus> {
    const { store, clock } = this.#options;
    const found = this.#pick(namespace, spec);
    if (!found) {
      this.#options.onMissed?.(namespace, spec);
      return unallocatedStatus(this.#why(namespace, spec));
    }
    const at = clock.now();
    const { server, delta } = handOut(found, spec, rfc3339(at));
    const status = allocatedStatus(server);
    const expected = found.metadata.resourceVersion;
    const write = { op: "update", object: server, expected, delta } as const;
    const remember = idempotency && { ...idempotency, answer: JSON.stringify(status), at };
    await store.commit([write], remember);
    this.#options.onAllocated(server);
    return status;
  }

  #pick(namespace: string, spec: AllocationSpec): GameServer | undefined {
    const { indexes } = this.#options;
    for (const selector of spec.selectors) {
      const found = indexes.candidatesOf(namespace, selector).pick(spec.scheduling);
      if (found) return found;
    }
    return undefined;
  }

  #why(namespace: string, { selectors }: AllocationSpec): string {
    const all = this.#options.store.count("GameServer");
    const asked = selectors
      .map(({ matchLabels, gameServerState = "Ready" }) => {
        const labels = Object.entries(matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
        return `${gameServerState}${labels.length > 0 ? ` with ${labels.join(",")}` : ""}`;
      })
      .join("; or ");
    return `none of ${all} game servers in namespace ${namespace} is ${asked}`;
  }
}
