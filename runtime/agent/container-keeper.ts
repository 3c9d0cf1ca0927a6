import type { Container } from "../../core/model/container.ts";
import { type ContainerPlan, containerPlanOf } from "../../core/model/container-plan.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import type { Report } from "../../core/model/link.ts";
import type { Reason } from "../../core/model/reason.ts";
import { serviceOwnerOf } from "../../core/model/service.ts";
import { isFleetError, messageOf } from "../../core/std/errors.ts";
import type { ExitStatus, FoundContainer, RunningContainer } from "../container/driver.ts";
import type { AgentOptions } from "./agent.ts";
import type { ApiCaller } from "./decide-api-leads.ts";
import {
  type ContainerAction,
  decideContainer,
  decideStop,
  type Memory,
  rememberEnd,
} from "./decide-container.ts";
import { endsWhenCutOff } from "./decide-cut-off.ts";
import type { Replica } from "./decide-services.ts";
import { freeLocalPorts } from "./sdk-peers.ts";

interface Kept {
  resource?: GameServer | Container | undefined;
  found?: FoundContainer | undefined;
  memory: Memory;
  /** Found running at the start, not started by this agent. */
  adopted: boolean;
  /** The last report that was answered, so that the same is not told twice. */
  reported: string;
  probeFailure?: string | undefined;
  /** What its readiness probe said last; undefined: nothing yet. */
  readiness?: Readiness | undefined;
  /** No service leads to it: it is to be stopped. */
  leaving?: boolean;
  leftAt?: number | undefined;
}
export interface Readiness {
  readonly ready: boolean;
  /** Why it is not. */
  readonly message?: string;
  /** It was ready, and has said nothing since, in the time that its probe gives it: it may be doing its work. */
  readonly isLate?: boolean;
}
const REPORT_AGAIN_MS = 500;
const FRESH: Memory = { restarts: 0, notBefore: 0 };
export interface Step {
  readonly againInMs?: number;
}

export interface KeeperOptions extends AgentOptions {
  /** Brings what services lead to to what `replicas` says. */
  readonly updateServices: () => Promise<void>;
}

/** Knows, for each container of this machine, what is wanted and what is found, and takes the next step. */
export class ContainerKeeper {
  readonly #options: KeeperOptions;
  readonly #kept = new Map<string, Kept>();
  #isCutOff = false;
  /** Ends that were told before the start that they belong to had been: of programs that end at once. */
  readonly #earlyEnds = new Map<string, ExitStatus>();

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  adopt(found: readonly FoundContainer[]): void {
    for (const one of found) Object.assign(this.#of(one.plan.id), { found: one, adopted: true });
  }

  know(id: string, resource: GameServer | Container | undefined): void {
    this.#of(id).resource = resource;
  }

  ended(id: string, exit: ExitStatus): void {
    const kept = this.#kept.get(id);
    if (!kept) return;
    if (!kept.found) return void this.#earlyEnds.set(id, exit);
    const ranMs = exit.finishedAt - (kept.found.running?.startedAt ?? exit.finishedAt);
    kept.found = { plan: kept.found.plan, exit };
    kept.memory = rememberEnd(kept.memory, ranMs, this.#options.clock.now());
  }

  /** A probe failed too often: the container is stopped, and its restart policy says what follows. */
  fail(id: string, message: string): void {
    this.#of(id).probeFailure = message;
  }

  /** The readiness probe says something else than before. */
  ready(id: string, readiness: Readiness): void {
    this.#of(id).readiness = readiness;
  }

  /** What services may lead to now. */
  replicas(): readonly Replica[] {
    return [...this.#kept.values()].flatMap((kept) => {
      const { resource, found, leaving, readiness } = kept;
      const running = found?.running;
      if (resource?.kind !== "Container" || !running || leaving) return [];
      const owner = serviceOwnerOf(resource.metadata);
      const isWanted = resource.metadata.deletionTimestamp === undefined;
      const ready = isReady(kept);
      if (!owner || !isWanted || (!ready && !readiness?.isLate)) return [];
      return [{ service: owner.uid, address: running.address, isReady: ready }];
    });
  }

  /** Who may reach the control plane; whether it is ready may depend on that. */
  apiCallers(): readonly ApiCaller[] {
    return [...this.#kept.values()].flatMap(({ found }) => {
      const { plan, running } = found ?? {};
      if (!plan?.platformApi || !running) return [];
      const { namespace, name } = plan.network;
      return [{ network: `${namespace}/${name}`, address: running.address }];
    });
  }

  /** Whether rules of services may be about it. */
  isLed(id: string): boolean {
    return this.isReplica(id) || this.#kept.get(id)?.found?.plan.platformApi === true;
  }

  isReplica(id: string): boolean {
    const { resource, found } = this.#kept.get(id) ?? {};
    return found?.plan.drainMs !== undefined || (resource !== undefined && isOfService(resource));
  }

  runningPlan(
    id: string,
  ): { plan: ContainerPlan; running: RunningContainer; isReady: boolean } | undefined {
    const kept = this.#kept.get(id);
    const { plan, running } = kept?.found ?? {};
    return kept && plan && running ? { plan, running, isReady: isReady(kept) } : undefined;
  }

  /** Says whether the control plane is away for too long; gives what this concerns when it has changed. */
  cutOff(isCutOff: boolean): readonly string[] {
    if (this.#isCutOff === isCutOff) return [];
    this.#isCutOff = isCutOff;
    return [...this.#kept].flatMap(([id, { resource }]) =>
      resource && endsWhenCutOff(resource) ? [id] : [],
    );
  }

  waitingForImage(): readonly string[] {
    return [...this.#kept]
      .filter(([, { memory }]) => memory.failure?.because === "ImageMissing")
      .map(([id]) => id);
  }

  /** Decides on one container and does it; says when to look again. */
  async step(id: string): Promise<Step> {
    const kept = this.#of(id);
    const { resource, found, memory } = kept;
    const isEnded = this.#isCutOff && resource && endsWhenCutOff(resource);
    const plan = resource && !isEnded ? containerPlanOf(resource) : undefined;
    const now = this.#options.clock.now();
    const situation = {
      resource,
      plan,
      running: found?.running,
      exit: found?.exit,
      startedPlan: found?.plan,
      memory,
      leftAt: kept.leftAt,
    };
    const action: ContainerAction | undefined =
      kept.probeFailure && found?.running
        ? decideStop(situation, found.plan.stopGraceMs, "ProbeFailed", now)
        : decideContainer(situation, now);
    if (action) return await this.#apply(id, kept, action, now);
    if (!resource && !found) this.#forget(id);
    return {};
  }

  async #apply(id: string, kept: Kept, action: ContainerAction, now: number): Promise<Step> {
    const { driver } = this.#options;
    switch (action.do) {
      case "start":
        return await this.#start(kept, action.plan);
      case "stop":
        await driver.stop(id, action.graceMs);
        return { againInMs: 0 };
      case "leave":
        kept.leaving = true;
        await this.#options.updateServices();
        // From then on nobody new comes.
        kept.leftAt = this.#options.clock.now();
        return { againInMs: 0 };
      case "drain":
        return { againInMs: action.untilMs - now };
      case "remove":
        await driver.remove(id);
        await this.#options.peers.remove(id);
        kept.found = undefined;
        kept.probeFailure = undefined;
        stay(kept);
        return { againInMs: 0 };
      case "limit":
        await driver.limit(id, {
          ...action.plan.limits,
          cpuMilli: action.plan.cpuLimited ? action.plan.limits.cpuMilli : 0,
        });
        if (kept.found)
          kept.found = {
            ...kept.found,
            plan: { ...kept.found.plan, cpuLimited: action.plan.cpuLimited },
          };
        return { againInMs: 0 };
      case "report":
        if (action.seen === "running") stay(kept);
        // Before it is told: what the control plane calls ready is led to by then, and what it does not is not any more.
        if (this.isReplica(id)) await this.#options.updateServices();
        return await this.#report(id, kept, action);
      case "wait":
        await this.#report(id, kept, {
          do: "report",
          seen: "backoff",
          ...waitReason(kept, action.untilMs - now),
        });
        return { againInMs: action.untilMs - now };
    }
  }

  async #start(kept: Kept, wanted: ContainerPlan): Promise<Step> {
    const { driver, clock, logger } = this.#options;
    const began = clock.monotonic();
    try {
      const plan = await this.#withSdk(kept, wanted);
      this.#earlyEnds.delete(plan.id);
      const running = await driver.start(plan);
      kept.found = { plan, running };
      kept.memory = { restarts: kept.memory.restarts, notBefore: kept.memory.notBefore };
      kept.adopted = false;
      kept.readiness = undefined;
      logger.info(
        { container: plan.id, ...plan.subject, durationMs: Math.round(clock.monotonic() - began) },
        "started a container",
      );
      const early = this.#earlyEnds.get(plan.id);
      this.#earlyEnds.delete(plan.id);
      if (early) this.ended(plan.id, early);
    } catch (error) {
      const because: Reason = isFleetError(error, "NOT_FOUND") ? "ImageMissing" : "StartFailed";
      const message = messageOf(error);
      kept.memory = { ...rememberEnd(kept.memory, 0, clock.now()), failure: { because, message } };
      logger.warn(
        { container: wanted.id, ...wanted.subject, because, error: message },
        "could not start a container",
      );
      await driver.remove(wanted.id);
      await this.#options.peers.remove(wanted.id);
    }
    return { againInMs: 0 };
  }

  /** Without a network of its own, a game server gets two SDK ports of the host; with one, its driver tells the door. */
  async #withSdk(kept: Kept, plan: ContainerPlan): Promise<ContainerPlan> {
    const { driver, peers, clock } = this.#options;
    if (!plan.sdk || driver.name !== "process" || kept.resource?.kind !== "GameServer") return plan;
    const sdk = await freeLocalPorts();
    const listen = { address: "127.0.0.1", ...sdk };
    await peers.put(plan, kept.resource.spec.health, { listen }, clock.now());
    return { ...plan, sdk };
  }

  async #report(
    id: string,
    kept: Kept,
    { seen, because, message }: Extract<ContainerAction, { do: "report" }>,
  ): Promise<Step> {
    const { resource, found, memory } = kept;
    if (!resource) return {};
    const report: Report = {
      subject: subjectOf(resource),
      seen,
      id,
      ...factsOf(found),
      restarts: memory.restarts,
      ...(because ? { reason: because } : {}),
      ...(message ? { message } : {}),
      ...(seen === "running" ? readinessFacts(kept) : {}),
      ...(kept.adopted && seen === "running" ? { adopted: true } : {}),
    };
    // That nothing is left means more once the server is to go: then it is told again.
    const text = `${isLeaving(resource)} ${JSON.stringify(report)}`;
    if (kept.reported === text) return {};
    kept.reported = text;
    const result = await this.#options.link.report(report);
    if (result.ok) return {};
    // A control plane without space, or one that lost a race, has not heard it; nothing else may ever bring it back.
    kept.reported = "";
    return { againInMs: REPORT_AGAIN_MS };
  }

  #forget(id: string): void {
    this.#kept.delete(id);
    this.#earlyEnds.delete(id);
  }

  #of(id: string): Kept {
    const kept = this.#kept.get(id) ?? { memory: FRESH, adopted: false, reported: "" };
    this.#kept.set(id, kept);
    return kept;
  }
}

function isLeaving({ kind, metadata, status }: GameServer | Container): boolean {
  return (
    metadata.deletionTimestamp !== undefined ||
    (kind === "GameServer" && (status as GameServer["status"]).state === "Shutdown")
  );
}

/** It is wanted: services lead to it again once it is ready. */
function stay(kept: Kept): void {
  kept.leaving = false;
  kept.leftAt = undefined;
}

function isOfService(resource: GameServer | Container): boolean {
  return resource.kind === "Container" && serviceOwnerOf(resource.metadata) !== undefined;
}

/** One that was adopted is what the control plane knew this life of it to be, until its probe says something else. */
function isReady({ readiness, adopted, resource, found }: Kept): boolean {
  if (readiness) return readiness.ready;
  if (!found?.plan.readinessProbe) return true;
  if (!adopted || resource?.kind !== "Container") return false;
  const { ready, container } = resource.status;
  return ready === true && container?.pid === found.running?.pid;
}

function readinessFacts(kept: Kept): Partial<Report> {
  const { resource, found, readiness } = kept;
  if (resource?.kind !== "Container") return {};
  const ready = isReady(kept);
  if (!found?.plan.readinessProbe || (!readiness && !ready)) return { ready };
  if (ready) return { ready, reason: "Ready" };
  return { ready, reason: "ProbeFailed", message: `it is not ready: ${readiness?.message}` };
}

function subjectOf({ kind, metadata }: GameServer | Container): Report["subject"] {
  const { namespace, name, uid } = metadata;
  return { kind, namespace, name, uid };
}

function factsOf(found: FoundContainer | undefined): Partial<Report> {
  const { running, exit } = found ?? {};
  const time = (ms: number): string => new Date(ms).toISOString();
  return {
    ...(running
      ? { address: running.address, pid: running.pid, startedAt: time(running.startedAt) }
      : {}),
    ...(exit ? { finishedAt: time(exit.finishedAt), oomKilled: exit.oomKilled } : {}),
    ...(exit?.exitCode === undefined ? {} : { exitCode: exit.exitCode }),
    ...(exit?.signal === undefined ? {} : { signal: exit.signal }),
  };
}

function waitReason(
  { memory, probeFailure, found }: Kept,
  ms: number,
): { because: Reason; message: string } {
  const seconds = Math.max(1, Math.round(ms / 1000));
  const again = `started again in ${seconds} s`;
  if (memory.failure)
    return { because: memory.failure.because, message: `${memory.failure.message}; ${again}` };
  if (found?.exit?.oomKilled)
    return { because: "OOMKilled", message: `over its memory limit; ${again}` };
  return { because: "BackOff", message: probeFailure ? `${probeFailure}; ${again}` : again };
}
