import type { Container } from "../../core/model/container.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import type { HeartbeatAnswer, LinkResource } from "../../core/model/link.ts";
import type { NodeStatus } from "../../core/model/node.ts";
import type { PlatformApiPlace } from "../../core/model/platform-api.ts";
import { keyOf, refOf } from "../../core/model/resource.ts";
import type { Clock } from "../../core/std/clock.ts";
import { isFleetError, messageOf } from "../../core/std/errors.ts";
import type { Logger } from "../../core/std/logger.ts";
import { WorkQueue } from "../../core/std/work-queue.ts";
import type { ContainerDriver } from "../container/driver.ts";
import type { LinkCache } from "../link/link-cache.ts";
import type { LinkClient } from "../link/link-client.ts";
import type { ServiceLead } from "../network/services.ts";
import { ContainerKeeper } from "./container-keeper.ts";
import { decideApiLeads } from "./decide-api-leads.ts";
import { isCutOff } from "./decide-cut-off.ts";
import { decideServices } from "./decide-services.ts";
import { KeptLeads } from "./kept-leads.ts";
import { Prober } from "./prober.ts";
import type { SdkPeers } from "./sdk-peers.ts";

export interface AgentOptions {
  readonly link: Pick<LinkClient, "report" | "heartbeat">;
  /** What the control plane wants here; filled by the link's watch. */
  readonly cache: LinkCache;
  readonly driver: ContainerDriver;
  readonly peers: Pick<SdkPeers, "put" | "remove" | "removeAllBut">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Has the kernel lead services to these replicas of this machine, and to nothing else. */
  readonly setServices: (leads: readonly ServiceLead[]) => Promise<void>;
  /** Where the control plane listens on this machine; undefined where it does not, or where nothing is isolated. */
  readonly platformApi: PlatformApiPlace | undefined;
  readonly nodeStatus: () => Promise<NodeStatus>;
  readonly heartbeatEveryMs: number;
  readonly concurrencyMax: number;
  readonly queueMax: number;
}

/** Heartbeats that can be missed before the node is lost, at least. */
const BEATS_UNTIL_LOST = 15;
const SILENCE_CHECK_MS = 1_000;

/**
 * One machine's agent: compares what is wanted here with what it finds, one container at a time, and acts. Containers
 * go on when it dies; when it is back it adopts them. Nothing is stopped before the control plane has told the whole list.
 */
export class Agent {
  readonly #options: AgentOptions;
  readonly #queue: WorkQueue;
  readonly #keeper: ContainerKeeper;
  readonly #prober: Prober;
  readonly #leads: KeptLeads;
  /** When the control plane was heard last; monotonic milliseconds. */
  #heardAt = 0;
  /** The container id that each key of the cache stands for now. */
  readonly #ids = new Map<string, string>();
  /** The last heartbeat was refused for its credential. */
  #isOut = false;
  /** What the last heartbeat was answered. */
  #answer: HeartbeatAnswer = { lostAfterMs: Number.MAX_SAFE_INTEGER };

  constructor(options: AgentOptions) {
    const { clock, logger, concurrencyMax, queueMax, driver } = options;
    this.#options = options;
    const backoff = { firstMs: 50, factor: 2, maxMs: 10_000 };
    this.#queue = new WorkQueue({
      name: "containers",
      clock,
      logger,
      concurrencyMax,
      queueMax,
      backoff,
    });
    this.#leads = new KeptLeads(options.setServices);
    const updateServices = (): Promise<void> => this.#updateServices();
    this.#keeper = new ContainerKeeper({ ...options, updateServices });
    this.#prober = new Prober({
      driver,
      clock,
      onFailed: (id, message) => this.#probeFailed(id, message),
      onReadiness: (id, readiness) => {
        this.#keeper.ready(id, readiness);
        this.#queue.add(id);
      },
    });
  }

  /** Runs until `signal` is aborted; containers stay. */
  async run(signal: AbortSignal): Promise<void> {
    const { driver, cache, peers, logger } = this.#options;
    const found = await driver.find();
    await peers.removeAllBut(new Set(found.map(({ plan }) => plan.id)));
    this.#keeper.adopt(found);
    logger.info({ containers: found.length }, "looked at what runs here");
    using _exits = driver.onExit((id, exit) => {
      this.#keeper.ended(id, exit);
      this.#queue.add(id);
    });
    this.#heardAt = this.#options.clock.monotonic();
    const heartbeats = Promise.all([this.#heartbeats(signal), this.#watchSilence(signal)]);
    heartbeats.catch(() => undefined);
    await Promise.race([cache.synced, aborted(signal)]);
    using _changes = cache.onAny((key, object) => this.#changed(key, object));
    for (const kind of ["GameServer", "Container"] as const)
      for (const object of cache.list(kind)) this.#changed(keyOf(refOf(object)), object);
    for (const { plan } of found) this.#queue.add(plan.id);
    this.#queue.add(SERVICES);
    await Promise.allSettled([
      heartbeats,
      this.#prober.run(signal),
      this.#queue.run((id) => this.#pass(id), signal),
    ]);
  }

  #changed(key: string, object: LinkResource | undefined): void {
    // Who is told something new is not cut off: what was just placed here must not count as stopped.
    this.#heardAt = this.#options.clock.monotonic();
    this.#cutOff(false);
    if (object?.kind === "Image")
      for (const id of this.#keeper.waitingForImage()) this.#queue.add(id);
    if (key.startsWith("Service/")) this.#queue.add(SERVICES);
    const known = this.#ids.get(key);
    const next = object?.kind === "GameServer" || object?.kind === "Container" ? object : undefined;
    const id = next && idOf(next);
    if (known !== undefined && known !== id) {
      this.#keeper.know(known, undefined);
      this.#queue.add(known);
      this.#ids.delete(key);
    }
    if (!next || id === undefined) return;
    this.#ids.set(key, id);
    this.#keeper.know(id, next);
    this.#queue.add(id);
  }

  async #pass(id: string): Promise<void> {
    if (id === SERVICES) return await this.#updateServices();
    const wasLed = this.#keeper.isLed(id);
    const next = await this.#keeper.step(id);
    if (next.againInMs !== undefined) this.#queue.addAfter(id, next.againInMs);
    if (wasLed || this.#keeper.isLed(id)) this.#queue.add(SERVICES);
    const plan = this.#keeper.runningPlan(id);
    if (plan) this.#prober.watch(plan);
    else this.#prober.forget(id);
  }

  async #updateServices(): Promise<void> {
    const { cache, platformApi } = this.#options;
    await this.#leads.become([
      ...decideApiLeads(this.#keeper.apiCallers(), platformApi),
      ...decideServices(cache.list("Service"), this.#keeper.replicas()),
    ]);
  }

  #probeFailed(id: string, message: string): void {
    this.#options.logger.warn({ container: id, because: "ProbeFailed" }, message);
    this.#keeper.fail(id, message);
    this.#queue.add(id);
  }

  /** What runs here goes on also when the credential is refused: only a person knows whether that was meant. */
  #missed(error: unknown): void {
    const { logger } = this.#options;
    const isOut = isFleetError(error, "UNAUTHENTICATED");
    if (isOut && !this.#isOut)
      logger.warn(
        { error: messageOf(error) },
        "this machine's credential is refused: what runs here goes on until `flotilla down` here",
      );
    else logger.debug({ error: messageOf(error) }, "the control plane did not take the heartbeat");
    this.#isOut = isOut;
  }

  /** Minds the time by itself: a heartbeat that is under way may hang for long. */
  async #watchSilence(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      await clock.sleep(this.#atMost(SILENCE_CHECK_MS), signal);
      this.#cutOff(isCutOff(clock.monotonic() - this.#heardAt, this.#answer.lostAfterMs));
    }
  }

  /** Often enough for the time after which this node is lost. */
  #atMost(everyMs: number): number {
    return Math.min(everyMs, this.#answer.lostAfterMs / BEATS_UNTIL_LOST);
  }

  /** While the control plane is away for too long, what its fleet wants stopped then is not wanted here. */
  #cutOff(isCutOffNow: boolean): void {
    const ids = this.#keeper.cutOff(isCutOffNow);
    if (ids.length === 0) return;
    const sentence = isCutOffNow
      ? "the control plane is away for too long: what is to stop then is stopped"
      : "the control plane is heard again";
    this.#options.logger.warn({ containers: ids.length }, sentence);
    for (const id of ids) this.#queue.add(id);
  }

  async #heartbeats(signal: AbortSignal): Promise<void> {
    const { clock, link, nodeStatus, heartbeatEveryMs } = this.#options;
    while (!signal.aborted) {
      try {
        this.#answer = await link.heartbeat(await nodeStatus());
        this.#heardAt = clock.monotonic();
      } catch (error) {
        this.#missed(error);
      }
      await clock.sleep(this.#atMost(heartbeatEveryMs), signal);
    }
  }
}

/** In the queue beside the ids of containers: where services lead to. */
const SERVICES = "services";

/** The container id of a resource: the same as in its plan. */
export function idOf({ metadata }: GameServer | Container): string {
  return metadata.uid.replaceAll("-", "").slice(0, 12);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
