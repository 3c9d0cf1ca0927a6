import type { Container } from "../../core/model/container.ts";
import { containerIdOf } from "../../core/model/container-plan.ts";
import type { Reason } from "../../core/model/reason.ts";
import type { Service, ServiceScalingStatus } from "../../core/model/service.ts";
import { rfc3339 } from "../../core/std/clock.ts";
import { sameJson } from "../../core/std/json.ts";
import { NO_MEMORY, rememberChange, type ScaleMemory } from "../decide/autoscale/behavior.ts";
import {
  decideServiceScale,
  type ServiceScaleDecision,
  serviceScalingStatusOf,
} from "../decide/service-scale.ts";
import { type ControllerContext, recordOn, tryCommit, updateOf } from "./context.ts";
import type { UsageWindow } from "./usage-window.ts";

/** Nodes measure once a second; nothing else changes a decision. */
export const SCALE_EVERY_MS = 1_000;
/** A status whose numbers are the same and whose words are not is written at most this often. */
const WORDS_EVERY_MS = 5_000;
const WARN_EVERY_MS = 60_000;

interface Remembered {
  memory: ScaleMemory;
  lastScaleTime: string | undefined;
  /** When the words of the status were new last, monotonic. */
  wordsAt: number | undefined;
  /** What it is blind, useless or bounded by, since when, and whether an event said so. */
  trouble: { readonly because: Reason; readonly since: number; isTold: boolean } | undefined;
  /** When the last warning was, monotonic. */
  warnedAt: number | undefined;
}
export type ScaleOutcome =
  | { readonly isChanged: true }
  | { readonly isChanged: false; readonly status: ServiceScalingStatus };

/** Sets the replicas of services with `autoscaling` to what their CPU asks for. */
export class ServiceScaler {
  readonly #usage: Pick<UsageWindow, "of">;
  readonly #remembered = new Map<string, Remembered>();

  constructor(usage: Pick<UsageWindow, "of">) {
    this.#usage = usage;
  }

  /** One look; `own` are the service's containers. Changed: the service was written, or somebody else was faster. */
  async look(
    context: ControllerContext,
    service: Service,
    own: readonly Container[],
  ): Promise<ScaleOutcome | undefined> {
    const { uid } = service.metadata;
    const remembered = this.#remembered.get(uid) ?? fresh(service);
    const now = context.clock.monotonic();
    const readings = own
      .filter(isMeasured)
      .map(({ metadata, status }) => this.#usage.of(status.nodeName, containerIdOf(metadata.uid)));
    const decision = decideServiceScale(service, readings, remembered.memory, now);
    if (!decision) {
      this.#remembered.delete(uid);
      return undefined;
    }
    this.#remembered.set(uid, remembered);
    const by = decision.desired - service.spec.replicas;
    if (by !== 0) {
      if (await scale(context, service, decision)) {
        remembered.memory = rememberChange(decision.memory, by, now);
        remembered.lastScaleTime = rfc3339(context.clock.now());
      }
      return { isChanged: true };
    }
    remembered.memory = decision.memory;
    warn(context, service, decision, remembered, now);
    return { isChanged: false, status: statusOf(service, own, decision, remembered, now) };
  }

  /** Drops what belongs to services that are no more. */
  forget({ store }: ControllerContext): void {
    const known = new Set(store.list("Service").map(({ metadata }) => metadata.uid));
    for (const uid of this.#remembered.keys()) if (!known.has(uid)) this.#remembered.delete(uid);
  }
}

function fresh({ status }: Service): Remembered {
  const lastScaleTime = status.autoscaling?.lastScaleTime;
  return {
    ...{ memory: NO_MEMORY, lastScaleTime },
    ...{ wordsAt: undefined, trouble: undefined, warnedAt: undefined },
  };
}

/** One that is on its way in or out has no CPU that says something about the others. */
function isMeasured({ metadata, status }: Container): boolean {
  return !metadata.deletionTimestamp && status.phase === "Running";
}

async function scale(
  context: ControllerContext,
  service: Service,
  { desired: replicas, message }: ServiceScaleDecision,
): Promise<boolean> {
  const from = service.spec.replicas;
  const metadata = { ...service.metadata, generation: service.metadata.generation + 1 };
  const next = { ...service, metadata, spec: { ...service.spec, replicas } };
  const delta = { spec: { replicas }, metadata: { generation: metadata.generation } };
  const because = replicas > from ? "ScaleUp" : "ScaleDown";
  const why = {
    by: `autoscaler of service ${service.metadata.name}`,
    reason: because,
    message,
  } as const;
  if (!(await tryCommit(context, [updateOf(service, next, delta)], why))) return false;
  recordOn(context, service, because, `from ${from} to ${replicas} replicas: ${message}`);
  return true;
}

/** With the words that are stored already, as long as they are new enough and the numbers are the same. */
function statusOf(
  { status: { autoscaling: stored } }: Service,
  own: readonly Container[],
  decision: ServiceScaleDecision,
  remembered: Remembered,
  now: number,
): ServiceScalingStatus {
  const { lastScaleTime, wordsAt } = remembered;
  const current = own.filter(({ metadata }) => !metadata.deletionTimestamp).length;
  const status = {
    ...serviceScalingStatusOf(decision, current),
    ...(lastScaleTime ? { lastScaleTime } : {}),
  };
  const isNew = wordsAt !== undefined && wordsAt > now - WORDS_EVERY_MS;
  if (stored && isNew && sameJson({ ...status, message: stored.message }, stored)) return stored;
  if (!sameJson(status, stored)) remembered.wordsAt = now;
  return status;
}

const BLIND: ReadonlySet<Reason> = new Set(["MetricsMissing", "MetricsStale", "MetricsAbsurd"]);

/** Blind, useless or at its ceiling; to be idle at the least number is nothing to worry about. */
function isTroubled({ because, desired }: ServiceScaleDecision, { spec }: Service): boolean {
  if (because === "ScalingLimited") return desired === spec.autoscaling?.maxReplicas;
  return BLIND.has(because) || because === "PolicyUnusable";
}

/** An event when trouble begins, or when it was blind for as long as a measurement counts; not for each flicker. */
function warn(
  context: ControllerContext,
  service: Service,
  decision: ServiceScaleDecision,
  remembered: Remembered,
  now: number,
): void {
  const { because, message } = decision;
  if (!isTroubled(decision, service)) {
    remembered.trouble = undefined;
    return;
  }
  if (remembered.trouble?.because !== because)
    remembered.trouble = { because, since: now, isTold: false };
  const { trouble, warnedAt } = remembered;
  const { staleAfterSeconds = 0 } = service.spec.autoscaling?.cpu ?? {};
  const patienceMs = BLIND.has(because) ? staleAfterSeconds * 1_000 : 0;
  const isRecent = warnedAt !== undefined && warnedAt > now - WARN_EVERY_MS;
  if (trouble.isTold || isRecent || now - trouble.since < patienceMs) return;
  trouble.isTold = true;
  remembered.warnedAt = now;
  recordOn(context, service, because, message, "Warning");
}
