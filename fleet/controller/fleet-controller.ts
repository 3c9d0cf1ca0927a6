import type { Fleet, GameServerSet } from "../../core/model/fleet.ts";
import { FLEET_LABEL } from "../../core/model/fleet.ts";
import { apiVersionOf } from "../../core/model/kinds.ts";
import { rfc3339 } from "../../core/std/clock.ts";
import { sameJson } from "../../core/std/json.ts";
import { decideFleet, type FleetAction, type SetSeen } from "../decide/fleet.ts";
import { addRoomSums } from "../decide/room-sums.ts";
import { fleetStatusOf, setStatusOf, statusDelta } from "../decide/status.ts";
import { addTallies, tallyOf } from "../decide/tally.ts";
import {
  type ControllerContext,
  deletionOf,
  recordOn,
  tryCommit,
  updateOf,
  withStatus,
} from "./context.ts";
import type { Pass } from "./controller.ts";
import { ownerOf } from "./game-server-set-controller.ts";

/** Brings a fleet's sets to its spec, one step of a rollout at a time. */
export async function reconcileFleet(
  context: ControllerContext,
  { namespace, name }: { namespace: string; name: string },
): Promise<Pass> {
  const fleet = context.store.get("Fleet", namespace, name);
  if (!fleet) return {};
  for (const action of decideFleet(fleet, setsSeen(context, fleet)))
    await apply(context, fleet, action);
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
  const { because } = action;
  if (action.do === "createSet") {
    const object = setOf(context, fleet, action.replicas);
    if (await tryCommit(context, [{ op: "create", object }]))
      recordOn(
        context,
        fleet,
        because,
        `made set ${object.metadata.name} with ${action.replicas} replicas`,
      );
    return;
  }
  const { set } = action;
  if (action.do === "deleteSet") {
    if (await tryCommit(context, [deletionOf(set, rfc3339(context.clock.now()))]))
      recordOn(context, fleet, because, `the old set ${set.metadata.name} is empty and goes`);
    return;
  }
  const { replicas } = action;
  const spec = { ...set.spec, replicas };
  const metadata = { ...set.metadata, generation: set.metadata.generation + 1 };
  const delta = { spec: { replicas }, metadata: { generation: metadata.generation } };
  if (await tryCommit(context, [updateOf(set, { ...set, metadata, spec }, delta)]))
    recordOn(
      context,
      fleet,
      because,
      `set ${set.metadata.name} goes from ${set.spec.replicas} to ${replicas} replicas`,
    );
}

function setOf(context: ControllerContext, fleet: Fleet, replicas: number): GameServerSet {
  const { clock, newUid } = context;
  const { namespace, name } = fleet.metadata;
  const { scheduling, template, priorities, allocationOverflow } = fleet.spec;
  const uid = newUid();
  return {
    apiVersion: apiVersionOf("GameServerSet"),
    kind: "GameServerSet",
    metadata: {
      name: `${name.slice(0, NAME_ROOM)}-${uid.slice(0, 5)}`,
      namespace,
      uid,
      resourceVersion: "0",
      generation: 1,
      creationTimestamp: rfc3339(clock.now()),
      labels: { [FLEET_LABEL]: name },
      ownerReferences: ownerOf(fleet),
    },
    spec: {
      replicas,
      scheduling,
      template,
      ...(priorities ? { priorities } : {}),
      ...(allocationOverflow ? { allocationOverflow } : {}),
    },
    status: setStatusOf(tallyOf(() => 0), addRoomSums([])),
  };
}
/** Leaves room for `-xxxxx` of the set and of its servers in 63 characters. */
const NAME_ROOM = 51;

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
