import { createHash } from "node:crypto";
import type { Container } from "../../core/model/container.ts";
import { resolveIntOrPercent } from "../../core/model/int-or-percent.ts";
import type { Reason } from "../../core/model/reason.ts";
import {
  type Service,
  type ServiceStatus,
  type ServiceTemplate,
  TEMPLATE_LABEL,
} from "../../core/model/service.ts";

export type ServiceAction =
  | { readonly do: "create"; readonly count: number; readonly because: Reason }
  | { readonly do: "delete"; readonly container: Container; readonly because: Reason };
export interface ServiceDecision {
  readonly actions: readonly ServiceAction[];
  /** When an ended replica is due to be replaced. */
  readonly retryInMs?: number;
}
export interface ServiceLimits {
  /** How long ago a replica ended. */
  readonly endedForMs: (container: Container) => number;
  /** Whether the node that it is on is lost: then it may run, and nobody hears of it. */
  readonly isLost: (container: Container) => boolean;
  /** How long a replica that ended for good is kept for a look. */
  readonly endedDelayMs: number;
  readonly creationsMax: number;
  readonly deletionsMax: number;
}

/**
 * What brings a service's replicas to its spec; `containers` are its own. One step of a rolling update, as Kubernetes'
 * Deployments do it: new replicas up to maxSurge beyond the wanted number, old ones go while enough are ready.
 */
export function decideService(
  service: Service,
  containers: readonly Container[],
  limits: ServiceLimits,
): ServiceDecision {
  const there = containers.filter(({ metadata }) => !metadata.deletionTimestamp);
  const lost = there.filter(limits.isLost);
  const alive = there.filter((one) => !lost.includes(one));
  const ended = alive.filter(hasEnded);
  const dueInMs = (one: Container): number => limits.endedDelayMs - limits.endedForMs(one);
  const due = ended.filter((one) => dueInMs(one) <= 0);
  const waits = ended.filter((one) => !due.includes(one)).map(dueInMs);
  const replaced = [
    ...lost.map((container) => ({ do: "delete", container, because: "NodeLost" }) as const),
    ...due.map((container) => ({ do: "delete", container, because: "Replaced" }) as const),
  ];
  const rest = alive.filter((one) => !due.includes(one));
  const deletions = [...replaced, ...surplusOf(service, rest), ...retiredOf(service, rest)];
  const actions = [
    ...creationOf(service, rest, limits.creationsMax),
    ...deletions.slice(0, limits.deletionsMax),
  ];
  return waits.length === 0 ? { actions } : { actions, retryInMs: Math.min(...waits) };
}

/** Names a template: replicas that carry it were made from it. Keys in any order give the same. */
export function templateHashOf(template: ServiceTemplate): string {
  return createHash("sha256").update(canonical(template)).digest("hex").slice(0, 10);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    member !== null && typeof member === "object" && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

export function isReplicaReady({ metadata, status }: Container): boolean {
  return !metadata.deletionTimestamp && status.phase === "Running" && status.ready === true;
}

/** Counts for people; address, ports and reason stay as they are. */
export function serviceCountsOf(
  service: Service,
  containers: readonly Container[],
): Pick<ServiceStatus, "replicas" | "readyReplicas" | "updatedReplicas"> {
  const alive = containers.filter(({ metadata }) => !metadata.deletionTimestamp);
  return {
    replicas: alive.length,
    readyReplicas: alive.filter(isReplicaReady).length,
    updatedReplicas: alive.filter(isOf(service)).length,
  };
}

function isOf({ spec }: Service): (container: Container) => boolean {
  const hash = templateHashOf(spec.template);
  return ({ metadata }) => metadata.labels?.[TEMPLATE_LABEL] === hash;
}

function hasEnded({ status }: Container): boolean {
  return status.phase === "Exited" || status.phase === "Failed";
}

function creationOf(
  service: Service,
  alive: readonly Container[],
  creationsMax: number,
): ServiceAction[] {
  const { replicas } = service.spec;
  const current = alive.filter(isOf(service)).length;
  const isRolling = current < alive.length;
  const room = replicas + (isRolling ? surgeOf(service) : 0) - alive.length;
  const count = Math.min(replicas - current, room, creationsMax);
  if (count <= 0) return [];
  return [{ do: "create", count, because: isRolling ? "RollingUpdate" : "ScaleUp" }];
}

/** Of the present template: those that are not ready first, then the youngest. */
function surplusOf(service: Service, alive: readonly Container[]): ServiceAction[] {
  const current = alive.filter(isOf(service)).sort(firstToGo);
  const count = Math.max(0, current.length - service.spec.replicas);
  return current
    .slice(0, count)
    .map((container) => ({ do: "delete", container, because: "ScaleDown" }));
}

/** Of older templates: one that is not ready is no loss; a ready one goes only while enough others are. */
function retiredOf(service: Service, alive: readonly Container[]): ServiceAction[] {
  const isCurrent = isOf(service);
  const { replicas } = service.spec;
  const kept = Math.max(0, replicas - unavailableOf(service));
  const ready = alive.filter(isReplicaReady);
  // A scale-down of the present ones in the same pass takes ready ones too.
  const counted = Math.min(ready.filter(isCurrent).length, replicas);
  let spare = counted + ready.filter((one) => !isCurrent(one)).length - kept;
  const old = alive.filter((one) => !isCurrent(one)).sort(firstToGo);
  return old
    .filter((one) => !isReplicaReady(one) || spare-- > 0)
    .map((container) => ({ do: "delete", container, because: "RollingUpdate" }));
}

function firstToGo(a: Container, b: Container): number {
  return (
    Number(isReplicaReady(a)) - Number(isReplicaReady(b)) ||
    compare(b.metadata.creationTimestamp, a.metadata.creationTimestamp) ||
    compare(a.metadata.name, b.metadata.name)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** As in Kubernetes: a share of surge is rounded up, one of unavailability down, and one of them is at least 1. */
function surgeOf({ spec }: Service): number {
  return resolveIntOrPercent(spec.strategy.rollingUpdate.maxSurge, spec.replicas, true);
}
function unavailableOf(service: Service): number {
  const { spec } = service;
  const share = spec.strategy.rollingUpdate.maxUnavailable;
  const count = resolveIntOrPercent(share, spec.replicas, false);
  return count === 0 && surgeOf(service) === 0 ? 1 : count;
}
