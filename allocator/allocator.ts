import type { AllocationSpec, AllocationStatus } from "../core/model/allocation.ts";
import { FLEET_LABEL } from "../core/model/fleet.ts";
import type { GameServer } from "../core/model/game-server.ts";
import { signatureOf } from "../core/model/label-selector.ts";
import { type Clock, rfc3339 } from "../core/std/clock.ts";
import type { Cause, ResourceStore } from "../store/resource-store.ts";
import { allocatedStatus, handOut, unallocatedStatus } from "./decide/allocation.ts";
import { compileValues } from "./decide/fit.ts";
import { Explainer } from "./explainer.ts";
import { type Idempotency, Once, type Remember } from "./once.ts";
import type { SelectorIndexes } from "./selector-indexes.ts";
import type { WaitingLine } from "./waiting-line.ts";

export interface AllocationRequest {
  readonly namespace: string;
  readonly spec: AllocationSpec;
  /** The same key and body get the same answer for an hour, also after a crash. */
  readonly idempotency?: Idempotency;
  /** Who asks has gone: nothing is taken for it any more. */
  readonly signal?: AbortSignal;
}
export interface AllocatorOptions {
  readonly store: ResourceStore;
  readonly indexes: SelectorIndexes;
  readonly line: WaitingLine;
  readonly clock: Clock;
  /** A server was handed out; `problems` say what of the request could not be done with it. */
  readonly onAllocated: (server: GameServer, problems: readonly string[]) => void;
  /** None was free for so many requests: told to whoever opens servers, where there is one. */
  readonly onMissed?: (namespace: string, spec: AllocationSpec, count: number) => void;
}

/** One object for all: an allocation makes nothing for the history. */
const BY_ALLOCATION: Cause = { by: "allocation", reason: "Allocated" };
const NOT_KEPT = (): undefined => undefined;

/** Hands out game servers. One thread picks and changes the head in one turn, so that none is given twice. */
export class Allocator implements Disposable {
  readonly #options: AllocatorOptions;
  readonly #once: Once;
  readonly #explainer: Explainer;
  readonly #following: Disposable;

  constructor(options: AllocatorOptions) {
    const { store, clock, line } = options;
    this.#options = options;
    this.#once = new Once({ store, now: () => clock.now() });
    this.#explainer = new Explainer(store, clock);
    this.#following = store.onHead((_before, after) => {
      if (after?.kind === "GameServer") line.wake();
    });
  }

  /**
   * Resolves after the commit. That none is to be had, at once or within the time that the request waits, is an answer
   * (`UnAllocated`, with the reason in `message`). Throws KEY_REUSED when the key came with another body before,
   * EXHAUSTED when too many wait already, CANCELLED when who asked has gone, STORAGE_FULL when nothing can be made
   * durable.
   */
  allocate(request: AllocationRequest): Promise<AllocationStatus> {
    const { idempotency } = request;
    if (!idempotency) return this.#allocate(request, NOT_KEPT);
    return this.#once.run(idempotency, (remember) => this.#allocate(request, remember));
  }

  [Symbol.dispose](): void {
    this.#following[Symbol.dispose]();
  }

  async #allocate(
    request: AllocationRequest,
    remember: Remember<AllocationStatus>,
  ): Promise<AllocationStatus> {
    const { store, line, onMissed } = this.#options;
    const { namespace, spec, signal } = request;
    const attempt = (): Promise<AllocationStatus> | undefined => this.#take(request, remember);
    const taken = line.size === 0 ? attempt() : undefined;
    if (taken) return await taken;
    const group = groupOf(namespace, spec);
    const waited = await line.wait({
      group,
      wish: { what: "gameserver", namespace, fleets: fleetsOf(spec) },
      selectors: spec.selectors.length,
      upToMs: spec.waitUpToMs ?? 0,
      attempt,
      onMissed: (count) => onMissed?.(namespace, spec, count),
      ...(signal ? { signal } : {}),
    });
    if (waited) return waited;
    const none = unallocatedStatus(this.#explainer.why(group, namespace, spec));
    // It rests on commits that are under way, perhaps, and on being the leader: nothing else is answered before, either.
    await store.settled();
    return none;
  }

  /** Changes the head now, when there is a server; the promise is of the answer after the commit. */
  #take(
    { namespace, spec }: AllocationRequest,
    remember: Remember<AllocationStatus>,
  ): Promise<AllocationStatus> | undefined {
    const found = this.#pick(namespace, spec);
    if (!found) return undefined;
    const { store, clock } = this.#options;
    const { server, delta, problems } = handOut(found, spec, rfc3339(clock.now()));
    const status = allocatedStatus(server);
    const expected = found.metadata.resourceVersion;
    const write = { op: "update", object: server, expected, delta } as const;
    return store.commit([write], remember(status), BY_ALLOCATION).then(() => {
      this.#options.onAllocated(server, problems);
      return status;
    });
  }

  #pick(namespace: string, { selectors, priorities, scheduling }: AllocationSpec) {
    const { indexes } = this.#options;
    for (const selector of selectors) {
      const candidates = indexes.candidatesOf(namespace, selector, priorities);
      const found = candidates.pick(scheduling, selector.lists && compileValues(selector));
      if (found) return found;
    }
    return undefined;
  }
}

/** The fleets that its selectors name; none when one of them names none. */
function fleetsOf({ selectors }: AllocationSpec): string[] {
  const named = selectors.map(({ matchLabels }) => matchLabels?.[FLEET_LABEL]);
  const fleets = named.filter((name) => name !== undefined);
  return fleets.length === named.length ? [...new Set(fleets)] : [];
}

/** The same text for requests that want the same, whatever they do to the server that they get. */
function groupOf(namespace: string, { selectors, priorities = [] }: AllocationSpec): string {
  return [namespace, ...selectors.map(signatureOf), JSON.stringify(priorities)].join("\n");
}
