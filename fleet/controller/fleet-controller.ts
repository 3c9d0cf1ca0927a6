import type { Fleet, GameServerSet, GameServerSetSpec } from "../../core/model/fleet.ts";
import { FLEET_LABEL, REVISION } from "../../core/model/fleet.ts";
import { apiVersionOf } from "../../core/model/kinds.ts";
import { rfc3339 } from "../../core/std/clock.ts";
import { sameJson } from "../../core/std/json.ts";
import { decideFleet, type FleetAction, isActive } from "../decide/fleet.ts";
import type { SetSeen } from "../decide/rollout.ts";
import { addRoomSums } from "../decide/room-sums.ts";
import { fleetStatusOf, setStatusOf, statusDelta } from "../decide/status.ts";
import { addTallies, aliveOf, heldOf, type Tally, tallyOf } from "../decide/tally.ts";
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
import { forgetRevisions, keepRevision, nameInFleet, revisionOf } from "./fleet-revisions.ts";
import { ownerOf } from "./game-server-set-controller.ts";

/** Brings a fleet's sets to its spec, one step of a rollout at a time. */
export async function reconcileFleet(
  context: ControllerContext,
  { namespace, name }: { namespace: string; name: string },
): Promise<Pass> {
  const fleet = context.store.get("Fleet", namespace, name);
  await forgetRevisions(context, namespace, name, fleet?.metadata.uid);
  if (!fleet) return {};
  const seen = setsSeen(context, fleet);
  // All at once: each changes the head in this turn, before a set acts on what it was told the last time.
  await Promise.all(decideFleet(fleet, seen).map((action) => apply(context, fleet, action)));
  const active = seen.find(({ set }) => isActive(fleet, set));
  if (active) await keepRevision(context, fleet, active.set);
  return { status: () => writeStatus(context, namespace, name) };
}

function setsSeen({ world }: ControllerContext, { metadata }: Fleet): SetSeen[] {
  const { namespace, name, uid } = metadata;
  return world
    .setsOfFleet(namespace, name)
    .filter((set) => set.metadata.ownerReferences?.some((owner) => owner.uid === uid))
    .map((set) => ({ set, tally: world.tallyOfSet(namespace, set.metadata.name) }));
}

async function apply(context: ControllerContext, fleet: Fleet, action: FleetAction): Promise<void> {
  switch (action.do) {
    case "createSet":
      return await createSet(context, fleet, action);
    case "scaleSet":
      return await scaleSet(context, fleet, action);
    case "configureSet":
      return await configureSet(context, fleet, action.set);
    case "deleteSet": {
      const { set, because } = action;
      if (await tryCommit(context, [deletionOf(set, rfc3339(context.clock.now()))]))
        recordOn(context, fleet, because, `the old set ${set.metadata.name} is empty and goes`);
      return;
    }
    case "removeFleet":
      if (await tryCommit(context, [removalOf(fleet)]))
        recordOn(context, fleet, action.because, "its last game server is gone: removed");
      return;
  }
}

async function createSet(
  context: ControllerContext,
  fleet: Fleet,
  { replicas, because }: Extract<FleetAction, { do: "createSet" }>,
): Promise<void> {
  const { revision, writes } = revisionOf(context, fleet);
  const object = setOf(context, fleet, replicas, revision);
  if (!(await tryCommit(context, [{ op: "create", object }, ...writes]))) return;
  const { name } = object.metadata;
  const message = `made set ${name} of revision ${revision} with ${replicas} of ${fleet.spec.replicas} replicas`;
  recordOn(context, fleet, because, message);
}

async function scaleSet(
  context: ControllerContext,
  fleet: Fleet,
  { set, replicas, because }: Extract<FleetAction, { do: "scaleSet" }>,
): Promise<void> {
  const { name, namespace } = set.metadata;
  const tally = context.world.tallyOfSet(namespace, name);
  if (await changeSpec(context, set, { replicas }))
    recordOn(
      context,
      fleet,
      because,
      `set ${name} goes from ${set.spec.replicas} to ${replicas} replicas (${countsOf(tally)})`,
    );
}

function countsOf(tally: Tally): string {
  return `it has ${aliveOf(tally)}: ${tally.Ready} Ready, ${heldOf(tally)} held`;
}

/** What may change without a rollout goes on to the set; what the fleet no longer says is taken away. */
async function configureSet(
  context: ControllerContext,
  fleet: Fleet,
  set: GameServerSet,
): Promise<void> {
  const { scheduling, priorities = null, allocationOverflow = null } = fleet.spec;
  const { priorities: _p, allocationOverflow: _o, ...kept } = set.spec;
  const spec: GameServerSetSpec = { ...kept, ...configOf(fleet) };
  const generation = set.metadata.generation + 1;
  const next = { ...set, metadata: { ...set.metadata, generation }, spec };
  // Labels within are replaced as a whole, which a merge patch cannot say: then the record is the whole set.
  const delta = { spec: { scheduling, priorities }, metadata: { generation } };
  const isSmall = allocationOverflow === null && set.spec.allocationOverflow === undefined;
  const write = isSmall ? updateOf(set, next, delta) : updateOf(set, next);
  if (await tryCommit(context, [write]))
    recordOn(context, fleet, "Updated", `set ${set.metadata.name} has the fleet's new settings`);
}

async function changeSpec(
  context: ControllerContext,
  set: GameServerSet,
  change: { readonly replicas: number },
): Promise<boolean> {
  const spec = { ...set.spec, ...change };
  const metadata = { ...set.metadata, generation: set.metadata.generation + 1 };
  const delta = { spec: change, metadata: { generation: metadata.generation } };
  return await tryCommit(context, [updateOf(set, { ...set, metadata, spec }, delta)]);
}

function configOf({
  spec,
}: Fleet): Pick<GameServerSetSpec, "scheduling" | "priorities" | "allocationOverflow"> {
  const { scheduling, priorities, allocationOverflow } = spec;
  return {
    scheduling,
    ...(priorities ? { priorities } : {}),
    ...(allocationOverflow ? { allocationOverflow } : {}),
  };
}

function setOf(
  context: ControllerContext,
  fleet: Fleet,
  replicas: number,
  revision: number,
): GameServerSet {
  const { clock, newUid } = context;
  const { namespace, name } = fleet.metadata;
  const uid = newUid();
  return {
    apiVersion: apiVersionOf("GameServerSet"),
    kind: "GameServerSet",
    metadata: {
      name: nameInFleet(name, uid),
      namespace,
      uid,
      resourceVersion: "0",
      generation: 1,
      creationTimestamp: rfc3339(clock.now()),
      labels: { [FLEET_LABEL]: name },
      annotations: { [REVISION]: String(revision) },
      ownerReferences: ownerOf(fleet),
    },
    spec: { replicas, ...configOf(fleet), template: fleet.spec.template },
    status: setStatusOf(
      tallyOf(() => 0),
      addRoomSums([]),
    ),
  };
}

async function writeStatus(
  context: ControllerContext,
  namespace: string,
  name: string,
): Promise<void> {
  const fleet = context.store.get("Fleet", namespace, name);
  if (!fleet) return;
  const seen = setsSeen(context, fleet);
  const sums = seen.map(({ set }) => context.world.rooms.ofSet(namespace, set.metadata.name));
  const status = fleetStatusOf(addTallies(seen.map(({ tally }) => tally)), addRoomSums(sums));
  if (sameJson(status, fleet.status)) return;
  const delta = statusDelta(fleet.status, status);
  await tryCommit(context, [updateOf(fleet, withStatus(fleet, status), delta)]);
}
