import type { Container } from "../../core/model/container.ts";
import type { ContainerPlan } from "../../core/model/container-plan.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import type { Report } from "../../core/model/link.ts";
import type { Reason } from "../../core/model/reason.ts";
import { type BackoffOptions, backoffMs } from "../../core/std/backoff.ts";
import type { ExitStatus, RunningContainer } from "../container/driver.ts";

/** What the agent remembers of one container beside what the machine shows; lost when the agent dies, and then guessed low. */
export interface Memory {
  readonly restarts: number;
  /** When it may be started again after an end or a failed start; milliseconds since 1970. */
  readonly notBefore: number;
  /** The last failed start, until one works. */
  readonly failure?: { readonly because: Reason; readonly message: string };
}

export interface ContainerSituation {
  /** The resource as the control plane last told it; undefined when it is not of this node any more. */
  readonly resource?: GameServer | Container | undefined;
  /** Undefined: no container is wanted. */
  readonly plan?: ContainerPlan | undefined;
  readonly running?: RunningContainer | undefined;
  readonly exit?: ExitStatus | undefined;
  /** The plan it was started with. */
  readonly startedPlan?: ContainerPlan | undefined;
  readonly memory: Memory;
  /** When a replica got its last new connection, because it is to be stopped; milliseconds since 1970. */
  readonly leftAt?: number | undefined;
}

export type ContainerAction =
  | { readonly do: "start"; readonly plan: ContainerPlan; readonly because: Reason }
  | { readonly do: "stop"; readonly graceMs: number; readonly because: Reason }
  /** Of a replica: no service leads new connections to it any more. */
  | { readonly do: "leave"; readonly because: Reason }
  | { readonly do: "drain"; readonly untilMs: number }
  | { readonly do: "remove"; readonly because: Reason }
  | { readonly do: "limit"; readonly plan: ContainerPlan }
  | {
      readonly do: "report";
      readonly seen: Report["seen"];
      readonly because?: Reason;
      readonly message?: string;
    }
  | { readonly do: "wait"; readonly untilMs: number };

export const RESTART_BACKOFF: BackoffOptions = { firstMs: 1_000, factor: 2, maxMs: 300_000 };
/** A container that ran this long starts its back-off anew. */
export const STABLE_AFTER_MS = 600_000;

/** The next step for one container on this machine; undefined when all is as it should be. */
export function decideContainer(
  situation: ContainerSituation,
  now: number,
): ContainerAction | undefined {
  const { plan, running, exit } = situation;
  if (!plan) return decideUnwanted(situation, now);
  if (running) return decideRunning(situation, plan, now);
  if (exit) return decideEnded(situation, plan, exit, now);
  return decideAbsent(situation, plan, now);
}

function decideUnwanted(situation: ContainerSituation, now: number): ContainerAction | undefined {
  const { resource, running, exit, startedPlan } = situation;
  if (running) return decideStop(situation, startedPlan?.stopGraceMs ?? 0, "Stopped", now);
  if (exit || startedPlan) return { do: "remove", because: "Stopped" };
  return resource ? { do: "report", seen: "removed" } : undefined;
}

/** A replica of a service leaves it first, and then ends what it has begun: no request is lost by a stop. */
export function decideStop(
  { startedPlan, leftAt }: Pick<ContainerSituation, "startedPlan" | "leftAt">,
  graceMs: number,
  because: Reason,
  now: number,
): ContainerAction {
  const drainMs = startedPlan?.drainMs;
  if (drainMs === undefined) return { do: "stop", graceMs, because };
  if (leftAt === undefined) return { do: "leave", because };
  const untilMs = leftAt + drainMs;
  return now < untilMs ? { do: "drain", untilMs } : { do: "stop", graceMs, because };
}

function decideRunning(
  situation: ContainerSituation,
  plan: ContainerPlan,
  now: number,
): ContainerAction {
  const { startedPlan } = situation;
  if (startedPlan && startedPlan.restartToken !== plan.restartToken)
    return decideStop(situation, plan.stopGraceMs, "Restarted", now);
  if (startedPlan && startedPlan.cpuLimited !== plan.cpuLimited) return { do: "limit", plan };
  return { do: "report", seen: "running" };
}

function decideEnded(
  { memory, startedPlan }: ContainerSituation,
  plan: ContainerPlan,
  exit: ExitStatus,
  now: number,
): ContainerAction {
  const wasAsked = startedPlan?.restartToken !== plan.restartToken;
  if (!wasAsked && !restarts(plan, exit)) return { do: "report", seen: "exited" };
  if (wasAsked || now >= memory.notBefore) return { do: "remove", because: "Restarted" };
  return { do: "wait", untilMs: memory.notBefore };
}

function decideAbsent(
  { resource, memory }: ContainerSituation,
  plan: ContainerPlan,
  now: number,
): ContainerAction {
  const { failure } = memory;
  const isGameServer = plan.subject.kind === "GameServer";
  if (isGameServer && failure)
    return { do: "report", seen: "failed", because: failure.because, message: failure.message };
  if (isGameServer && resource?.status.container?.pid !== undefined)
    return { do: "report", seen: "removed" };
  if (now < memory.notBefore) return { do: "wait", untilMs: memory.notBefore };
  return { do: "start", plan, because: memory.restarts > 0 ? "Restarted" : "Started" };
}

/** What is remembered after an end or a failed start: more restarts wait longer, a long life forgives. */
export function rememberEnd(memory: Memory, ranMs: number, now: number): Memory {
  const restarts = ranMs >= STABLE_AFTER_MS ? 0 : memory.restarts;
  return { restarts: restarts + 1, notBefore: now + backoffMs(restarts, RESTART_BACKOFF) };
}

function restarts({ restartPolicy }: ContainerPlan, exit: ExitStatus): boolean {
  if (restartPolicy === "Always") return true;
  const isGood = exit.exitCode === 0 && !exit.oomKilled;
  return restartPolicy === "OnFailure" && !isGood;
}
