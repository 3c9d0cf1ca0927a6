import { FLEET_LABEL } from "../../core/model/fleet.ts";
import type { Kind } from "../../core/model/resource.ts";
import { WorkQueue } from "../../core/std/work-queue.ts";
import { type ControllerContext, parseKey } from "./context.ts";

/** What one pass over a key leaves behind. */
export interface Pass {
  /** Look at the key again by itself after this long. */
  readonly againInMs?: number | undefined;
  /** Writes counts for people; run at most every `statusEveryMs`, so that a burst costs few writes. */
  readonly status?: () => Promise<void>;
}
export type Reconcile = (
  context: ControllerContext,
  key: { namespace: string; name: string },
) => Promise<Pass>;

/** The one kind of loop: keys come in, each is looked at once, and what was decided is applied. Events only add keys. */
export class Controller {
  readonly #context: ControllerContext;
  readonly #reconcile: Reconcile;
  readonly #work: WorkQueue;
  readonly #status: WorkQueue;
  readonly #pending = new Map<string, () => Promise<void>>();
  readonly #lastStatus = new Map<string, number>();

  constructor(name: string, context: ControllerContext, reconcile: Reconcile) {
    this.#context = context;
    this.#reconcile = reconcile;
    const { clock, logger, options } = context;
    const { concurrencyMax, queueMax } = options;
    const backoff = { firstMs: 5, factor: 2, maxMs: 5_000 };
    this.#work = new WorkQueue({ name, clock, logger, concurrencyMax, queueMax, backoff });
    this.#status = new WorkQueue({
      name: `${name} status`,
      clock,
      logger,
      concurrencyMax,
      queueMax,
      backoff,
    });
  }

  /** `Kind/namespace/name`. */
  add(key: string): void {
    this.#work.add(key);
  }

  /** Runs until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([
      this.#work.run((key) => this.#pass(key), signal),
      this.#status.run((key) => this.#writeStatus(key), signal),
    ]);
  }

  async #pass(key: string): Promise<void> {
    const context = { ...this.#context, by: actorOf(this.#context, key) };
    const pass = await this.#reconcile(context, parseKey(key));
    if (pass.againInMs !== undefined) this.#work.addAfter(key, pass.againInMs);
    if (!pass.status) return void this.#forgetIfGone(key);
    this.#pending.set(key, pass.status);
    const { clock, options } = this.#context;
    const sinceMs = clock.monotonic() - (this.#lastStatus.get(key) ?? Number.NEGATIVE_INFINITY);
    this.#status.addAfter(key, Math.max(0, options.statusEveryMs - sinceMs));
  }

  async #writeStatus(key: string): Promise<void> {
    const write = this.#pending.get(key);
    this.#pending.delete(key);
    if (!write) return;
    this.#lastStatus.set(key, this.#context.clock.monotonic());
    await write();
    this.#forgetIfGone(key);
  }

  #forgetIfGone(key: string): void {
    const { namespace, name, kind } = parseKey(key);
    if (!this.#context.store.get(kind, namespace, name)) this.#lastStatus.delete(key);
  }
}

const ACTORS: Readonly<Partial<Record<Kind, string>>> = {
  Fleet: "fleet",
  FleetAutoscaler: "autoscaler",
  Service: "service",
  Node: "drain",
};

/** In whose name a pass over a key writes: a set acts for its fleet, what follows one server for nobody in particular. */
function actorOf({ store }: ControllerContext, key: string): string {
  const { kind, namespace, name } = parseKey(key);
  if (kind === "GameServerSet") {
    const fleet = store.get(kind, namespace, name)?.metadata.labels?.[FLEET_LABEL];
    return fleet ? `fleet ${fleet}` : `set ${name}`;
  }
  const word = ACTORS[kind];
  return word ? `${word} ${name}` : "controller";
}
