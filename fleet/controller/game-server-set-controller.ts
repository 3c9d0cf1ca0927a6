import { admit } from "../../core/model/admit.ts";
import {
  FLEET_LABEL,
  type Fleet,
  type GameServerSet,
  SET_LABEL,
  sessionLimitsOf,
} from "../../core/model/fleet.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import { apiVersionOf } from "../../core/model/kinds.ts";
import { parseRfc3339, rfc3339 } from "../../core/std/clock.ts";
import { mergePatch, sameJson } from "../../core/std/json.ts";
import type { Write } from "../../store/resource-store.ts";
import { hasCrashedEarly } from "../decide/crash-damper.ts";
import { isActive } from "../decide/fleet.ts";
import { decideBroken, decideGameServerSet, pickSurplus } from "../decide/game-server-set.ts";
import { decideOverflow } from "../decide/overflow.ts";
import { scaleDownOrder } from "../decide/scale-down-order.ts";
import { setStatusOf, statusDelta } from "../decide/status.ts";
import { aliveOf, heldOf, type Tally } from "../decide/tally.ts";
import {
  type ControllerContext,
  deletionOf,
  recordOn,
  removalOf,
  tryCommit,
  updateOf,
  withStatus,
} from "./context.ts";
import type { Pass } from "./controller.ts";
import type { CrashDampers } from "./crash-dampers.ts";

/** Brings one set to its replicas: replaces what is broken, creates, removes what is too many; then tells its counts. */
export async function reconcileSet(
  context: ControllerContext,
  { namespace, name }: { namespace: string; name: string },
  dampers: CrashDampers,
): Promise<Pass> {
  const set = context.store.get("GameServerSet", namespace, name);
  if (!set) {
    dampers.forget({ namespace, name });
    return {};
  }
  const owner = set.metadata.ownerReferences?.find((one) => one.controller);
  const fleet = owner && context.store.get("Fleet", namespace, owner.name);
  const isOrphan = owner !== undefined && fleet?.metadata.uid !== owner.uid;
  if (isOrphan || set.metadata.deletionTimestamp) return endSet(context, set);
  const isOld = fleet !== undefined && !isActive(fleet, set);
  // Before anything is made: what crashed at once is not made anew at once.
  const broken = await replaceBroken(context, set);
  const held = dampers.after(context, set, broken.crashes);
  const { limits } = context.options;
  const tally = context.world.tallyOfSet(namespace, name);
  const { create, remove } = decideGameServerSet(set.spec.replicas, tally, limits, held.owed);
  if (create > 0) await createServers(context, set, { tally, create });
  const isRolling =
    owner !== undefined && context.world.setsOfFleet(namespace, owner.name).length > 1;
  if (remove > 0) await removeSurplus(context, set, { tally, remove, isOld, isRolling });
  const isTelling =
    fleet !== undefined && (await tellOverflow(context, set, { fleet, isOld, tally }));
  const isMore = isTelling || (create > 0 && create === limits.creationsMax);
  const againInMs = isMore ? 0 : soonest(broken.retryInMs, held.againInMs);
  return { againInMs, status: () => writeStatus(context, namespace, name) };
}

/** Tells held servers beyond the replicas that they are too many; true when there was something to tell. */
async function tellOverflow(
  context: ControllerContext,
  set: GameServerSet,
  seen: { readonly fleet: Fleet; readonly isOld: boolean; readonly tally: Tally },
): Promise<boolean> {
  const { fleet, isOld, tally } = seen;
  const { world, clock, options } = context;
  const { namespace, name } = set.metadata;
  const { replicas, scheduling, priorities, allocationOverflow } = set.spec;
  const isEnding = isOld || fleet.metadata.deletionTimestamp !== undefined;
  const drains =
    sessionLimitsOf(fleet).drainSeconds === undefined
      ? 0
      : Math.max(0, heldOf(tally) - (isEnding ? 0 : replicas));
  const isOver = allocationOverflow !== undefined && tally.Allocated > replicas;
  const draining = world.drainingOfSet(namespace, name);
  if (!isOver && drains === draining.length) return false;
  const order = scaleDownOrder({ scheduling, priorities, readyLast: false });
  const held = world
    .serversOfSet(namespace, name, ["Allocated", "Reserved"])
    .map((server) => ({ server, nodeLoad: world.playingOn(server.status.nodeName) }))
    .sort(order)
    .map(({ server }) => server);
  const changes = decideOverflow({
    held,
    draining,
    replicas,
    overflow: allocationOverflow,
    drains,
    now: rfc3339(clock.now()),
    changesMax: options.limits.shutdownsMax,
  });
  await inParallel(changes, async ({ server, metadata, because, message }) => {
    const delta = { metadata };
    if (
      await tryCommit(context, [updateOf(server, mergePatch(server, delta), delta)], {
        reason: because,
        message,
      })
    )
      recordOn(context, server, because, message);
  });
  return changes.length > 0;
}

/** Commits that wait for the disk together share one write of it; `items` are bounded by the limits of a pass. */
async function inParallel<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  await Promise.all(items.map(act));
}

async function createServers(
  context: ControllerContext,
  set: GameServerSet,
  { tally, create }: { readonly tally: Tally; readonly create: number },
): Promise<void> {
  const servers = Array.from({ length: create }, () => serverOf(context, set));
  const writes = servers.map((object): Write => ({ op: "create", object }));
  const had = aliveOf(tally);
  const message = `from ${had} to ${had + create} of ${set.spec.replicas} game servers`;
  if (!(await tryCommit(context, writes, { reason: "ScaleUp", message }))) return;
  recordOn(context, set, "ScaleUp", message);
}

/** A GameServer as the set's template says, owned and labelled as Agones does. */
function serverOf(context: ControllerContext, set: GameServerSet): GameServer {
  const { template } = set.spec;
  const { name, namespace, uid, labels } = set.metadata;
  const fleet = labels?.[FLEET_LABEL];
  const owner = {
    apiVersion: apiVersionOf("GameServerSet"),
    kind: "GameServerSet",
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  const metadata = {
    generateName: `${name}-`,
    namespace,
    labels: {
      ...template.metadata?.labels,
      ...(fleet ? { [FLEET_LABEL]: fleet } : {}),
      [SET_LABEL]: name,
    },
    annotations: { ...template.metadata?.annotations },
    ownerReferences: [owner],
  };
  const input = {
    apiVersion: apiVersionOf("GameServer"),
    kind: "GameServer",
    metadata,
    spec: { ...template.spec, scheduling: set.spec.scheduling },
  };
  const now = rfc3339(context.clock.now());
  const admitted = admit(input, {
    kind: "GameServer",
    namespace,
    now,
    uid: context.newUid(),
    fieldValidation: "Ignore",
  });
  return admitted.object as GameServer;
}

interface Surplus {
  readonly tally: Tally;
  readonly remove: number;
  readonly isOld: boolean;
  /** Another set of the fleet is there: no server able to play ends before one that is not. */
  readonly isRolling: boolean;
}
async function removeSurplus(
  context: ControllerContext,
  set: GameServerSet,
  { tally, remove, isOld, isRolling }: Surplus,
): Promise<void> {
  const { namespace, name } = set.metadata;
  const states = [
    "PortAllocation",
    "Creating",
    "Starting",
    "Scheduled",
    "RequestReady",
    "Ready",
  ] as const;
  const candidates = context.world
    .serversOfSet(namespace, name, states)
    .map((server) => ({ server, nodeLoad: context.world.playingOn(server.status.nodeName) }));
  const { scheduling, priorities, replicas } = set.spec;
  const surplus = pickSurplus(candidates, remove, { scheduling, priorities, readyLast: isRolling });
  if (surplus.length === 0) return;
  const now = rfc3339(context.clock.now());
  const had = aliveOf(tally);
  const because = isOld ? "RollingUpdate" : "ScaleDown";
  await inParallel(surplus, async (server) => {
    const message = `its set ${name} goes from ${had} to ${replicas} replicas`;
    if (await tryCommit(context, [deletionOf(server, now)], { reason: because, message }))
      recordOn(context, server, because, message);
  });
  const message = `from ${had} to ${had - surplus.length} game servers, ${replicas} wanted`;
  recordOn(context, set, because, message);
}

function soonest(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((ms) => ms !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
}

interface BrokenOnes {
  /** In how many milliseconds the next one is due, if any waits. */
  readonly retryInMs: number | undefined;
  /** Of those that went now: how many crashed at once. */
  readonly crashes: number;
}
async function replaceBroken(context: ControllerContext, set: GameServerSet): Promise<BrokenOnes> {
  const { namespace, name } = set.metadata;
  const { clock, options, world } = context;
  const broken = world.serversOfSet(namespace, name, ["Unhealthy", "Error"]);
  let retryInMs: number | undefined;
  let crashes = 0;
  for (const server of broken.slice(0, options.limits.shutdownsMax)) {
    const createdAt = Date.parse(server.metadata.creationTimestamp);
    const failedAt = parseRfc3339(server.metadata.annotations?.[ERRORED_AT] ?? "") ?? createdAt;
    const sinceMs = clock.now() - failedAt;
    const isCrash = hasCrashedEarly(server, clock.now() - createdAt, options.crashes);
    const decided = decideBroken(server, sinceMs, options.errorDelayMs);
    retryInMs = soonest(retryInMs, decided.retryInMs);
    if (!decided.remove) continue;
    const { because: reason } = decided;
    const message = `it is ${server.status.state} and is replaced: ${server.status.message ?? "no cause known"}`;
    const deletion = deletionOf(server, rfc3339(clock.now()));
    if (!(await tryCommit(context, [deletion], { reason, message }))) continue;
    if (isCrash) crashes += 1;
    recordOn(context, server, reason, message, "Warning");
  }
  return { retryInMs, crashes };
}
export const ERRORED_AT = "agones.dev/errored-at";

/** A set that nobody owns any more takes its servers with it, and goes when they are gone. */
async function endSet(context: ControllerContext, set: GameServerSet): Promise<Pass> {
  const { namespace, name } = set.metadata;
  const { world } = context;
  const all = Object.entries(world.tallyOfSet(namespace, name));
  const left = all.reduce((n, [, count]) => n + count, 0);
  if (left === 0) {
    await tryCommit(context, [removalOf(set)]);
    return {};
  }
  const alive = all.map(([state]) => state as GameServer["status"]["state"]);
  const now = rfc3339(context.clock.now());
  const ending = world
    .serversOfSet(namespace, name, alive)
    .filter((s) => !s.metadata.deletionTimestamp);
  await inParallel(ending.slice(0, context.options.limits.shutdownsMax), async (server) => {
    const message = `it goes with its set ${name}`;
    if (await tryCommit(context, [deletionOf(server, now)], { reason: "Deleted", message }))
      recordOn(context, server, "Deleted", message);
  });
  return ending.length > 0 ? { againInMs: 0 } : {};
}

async function writeStatus(
  context: ControllerContext,
  namespace: string,
  name: string,
): Promise<void> {
  const set = context.store.get("GameServerSet", namespace, name);
  if (!set) return;
  const { world } = context;
  const status = setStatusOf(world.tallyOfSet(namespace, name), world.rooms.ofSet(namespace, name));
  if (sameJson(status, set.status)) return;
  const delta = statusDelta(set.status, status);
  await tryCommit(context, [updateOf(set, withStatus(set, status), delta)]);
}

/** The owner reference that a fleet puts on its sets. */
export function ownerOf(fleet: Fleet): NonNullable<GameServerSet["metadata"]["ownerReferences"]> {
  const { name, uid } = fleet.metadata;
  return [
    {
      apiVersion: apiVersionOf("Fleet"),
      kind: "Fleet",
      name,
      uid,
      controller: true,
      blockOwnerDeletion: true,
    },
  ];
}
