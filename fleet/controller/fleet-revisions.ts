import {
  CHANGE_CAUSE,
  FLEET_LABEL,
  type Fleet,
  type FleetRevision,
  type GameServerSet,
  REVISION,
  REVISIONS_KEPT,
} from "../../core/model/fleet.ts";
import { apiVersionOf } from "../../core/model/kinds.ts";
import { rfc3339 } from "../../core/std/clock.ts";
import type { Write } from "../../store/resource-store.ts";
import { decideRevision } from "../decide/revision.ts";
import { type ControllerContext, removalOf, tryCommit, updateOf } from "./context.ts";
import { ownerOf } from "./game-server-set-controller.ts";

/** Leaves room for `-xxxxx` of a set and of its servers in 63 characters. */
const NAME_ROOM = 51;

/** A name for what belongs to a fleet, unique by its uid. */
export function nameInFleet(fleet: string, uid: string): string {
  return `${fleet.slice(0, NAME_ROOM)}-${uid.slice(0, 5)}`;
}

/** The number of the fleet's present template, and the writes that keep it: they belong into one commit with its set. */
export function revisionOf(
  context: ControllerContext,
  fleet: Fleet,
): { readonly revision: number; readonly writes: readonly Write[] } {
  const { namespace, name } = fleet.metadata;
  const history = context.world.revisionsOfFleet(namespace, name);
  const kept = fleet.spec.revisionHistoryLimit ?? REVISIONS_KEPT;
  const { revision, renumber, forget } = decideRevision(fleet.spec.template, history, kept);
  const isKnown = history.some(({ spec }) => spec.revision === revision);
  const present: readonly Write[] = renumber
    ? [
        updateOf(
          renumber,
          { ...renumber, spec: { ...renumber.spec, revision } },
          { spec: { revision } },
        ),
      ]
    : isKnown
      ? []
      : [{ op: "create", object: newRevision(context, fleet, revision) }];
  return { revision, writes: [...present, ...forget.map(removalOf)] };
}

/** Sees to it that the active set's template is the newest of the history: after an undo, or a crash in between. */
export async function keepRevision(
  context: ControllerContext,
  fleet: Fleet,
  active: GameServerSet,
): Promise<void> {
  const { namespace, name } = fleet.metadata;
  const history = context.world.revisionsOfFleet(namespace, name);
  const newest = history.reduce((most, { spec }) => Math.max(most, spec.revision), 0);
  const kept = fleet.spec.revisionHistoryLimit ?? REVISIONS_KEPT;
  const isNewest = active.metadata.annotations?.[REVISION] === String(newest);
  if (newest > 0 && isNewest && history.length <= kept + 1) return;
  const set = context.store.get("GameServerSet", namespace, active.metadata.name);
  if (!set) return;
  const { revision, writes } = revisionOf(context, fleet);
  const annotations = { ...set.metadata.annotations, [REVISION]: String(revision) };
  const next = { ...set, metadata: { ...set.metadata, annotations } };
  const delta = { metadata: { annotations: { [REVISION]: String(revision) } } };
  await tryCommit(context, [updateOf(set, next, delta), ...writes]);
}

/** A history goes with its fleet. */
export async function forgetRevisions(
  context: ControllerContext,
  namespace: string,
  fleet: string,
  ownerUid: string | undefined,
): Promise<void> {
  const lost = context.world
    .revisionsOfFleet(namespace, fleet)
    .filter(({ metadata }) => !metadata.ownerReferences?.some(({ uid }) => uid === ownerUid));
  if (lost.length > 0) await tryCommit(context, lost.map(removalOf));
}

function newRevision(context: ControllerContext, fleet: Fleet, revision: number): FleetRevision {
  const { namespace, name, annotations } = fleet.metadata;
  const uid = context.newUid();
  const changeCause = annotations?.[CHANGE_CAUSE];
  return {
    apiVersion: apiVersionOf("FleetRevision"),
    kind: "FleetRevision",
    metadata: {
      name: nameInFleet(name, uid),
      namespace,
      uid,
      resourceVersion: "0",
      generation: 1,
      creationTimestamp: rfc3339(context.clock.now()),
      labels: { [FLEET_LABEL]: name },
      ownerReferences: ownerOf(fleet),
    },
    spec: {
      revision,
      ...(changeCause === undefined ? {} : { changeCause }),
      template: fleet.spec.template,
    },
    status: {},
  };
}
