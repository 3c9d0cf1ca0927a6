import type { Reason } from "../../core/model/reason.ts";
import { type Kinds, type Ref, type Resource, refOf } from "../../core/model/resource.ts";
import type { Clock } from "../../core/std/clock.ts";
import { type ErrorCode, isFleetError } from "../../core/std/errors.ts";
import type { Logger } from "../../core/std/logger.ts";
import type { EventLog } from "../../store/event-log.ts";
import type { Cause, ResourceStore, Write } from "../../store/resource-store.ts";
import type { CrashBounds } from "../decide/crash-damper.ts";
import type { PassLimits } from "../decide/game-server-set.ts";
import type { NodeBounds } from "../decide/node.ts";
import type { World } from "./world.ts";

/** What every controller works with. */
export interface ControllerContext {
  readonly store: ResourceStore;
  readonly world: World;
  readonly events: EventLog;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly newUid: () => string;
  readonly options: ControllerOptions;
  /** In whose name it writes, as the history shows it; the controllers' own when absent. */
  readonly by?: string;
}

export interface ControllerOptions {
  readonly limits: PassLimits;
  /** How long a server that could not start is kept for a look before it is replaced. */
  readonly errorDelayMs: number;
  /** How servers that crash at once are made anew. */
  readonly crashes: CrashBounds;
  /** Status of sets and fleets is written at most this often. */
  readonly statusEveryMs: number;
  /** When a node that is silent is not ready, and when it is lost. */
  readonly nodes: NodeBounds;
  /** Where services get their addresses. */
  readonly servicePool: string;
  readonly queueMax: number;
  /** Passes at once per loop. Nearly all of a pass is waiting for its commit, and commits that wait share one write. */
  readonly concurrencyMax: number;
}

export const CONTROLLER_DEFAULTS: ControllerOptions = {
  limits: { creationsMax: 64, shutdownsMax: 64, startingMax: 256 },
  errorDelayMs: 30_000,
  crashes: { earlyMs: 10_000, firstMs: 1_000, maxMs: 30_000, forgetMs: 60_000 },
  statusEveryMs: 100,
  nodes: { notReadyAfterMs: 10_000, lostAfterMs: 30_000, settleMs: 5_000, settleMaxMs: 60_000 },
  servicePool: "10.86.0.0/16",
  queueMax: 1_000_000,
  concurrencyMax: 256,
};

/** The write that puts `next` in the place of `old`; `delta` when the writer knows the merge patch. */
export function updateOf(old: Resource, next: Resource, delta?: object): Write {
  const expected = old.metadata.resourceVersion;
  return { op: "update", object: next, expected, ...(delta ? { delta } : {}) };
}

/** `resource` with another status: types cannot follow the union, the caller's kind does. */
export function withStatus<R extends Resource>(resource: R, status: R["status"]): R {
  return { ...resource, status };
}

const LOST_RACES: ReadonlySet<ErrorCode> = new Set(["CONFLICT", "NOT_FOUND"]);

/**
 * Commits; a lost race is no error: the change that won has already queued the key again. A made-up name that is taken
 * is one, since nothing else would have the key looked at once more: it comes back by itself, with other names.
 */
export async function tryCommit(
  context: ControllerContext,
  writes: readonly Write[],
  why?: Partial<Cause>,
): Promise<boolean> {
  try {
    await context.store.commit(writes, undefined, { by: context.by ?? "controller", ...why });
    return true;
  } catch (error) {
    if (isFleetError(error) && LOST_RACES.has(error.code)) return false;
    throw error;
  }
}

/** Asks for the end of a resource: its node (or nobody) does the rest, and then it is removed. */
export function deletionOf<R extends Resource>(resource: R, now: string): Write {
  const metadata = { ...resource.metadata, deletionTimestamp: now };
  const delta = { metadata: { deletionTimestamp: now } };
  return updateOf(resource, { ...resource, metadata }, delta);
}

export function removalOf(resource: Resource): Write {
  return { op: "delete", ref: refOf(resource), expected: resource.metadata.resourceVersion };
}

export function recordOn(
  context: ControllerContext,
  resource: Resource,
  because: Reason,
  message: string,
  type: "Normal" | "Warning" = "Normal",
): void {
  const { namespace, name, uid } = resource.metadata;
  const subject = { kind: resource.kind, namespace, name, uid };
  context.events.record({ type, reason: because, message, subject });
}

/** Splits `Fleet/default/arena`. */
export function parseKey(key: string): Ref {
  const [kind = "", namespace = "", name = ""] = key.split("/");
  return { kind: kind as keyof Kinds, namespace, name };
}
