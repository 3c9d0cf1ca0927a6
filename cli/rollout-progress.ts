import type { Fleet, GameServerSet } from "../core/model/fleet.ts";
import { sameJson } from "../core/std/json.ts";

export interface RolloutProgress {
  /** `ended` and `deleted` are the two that nothing more follows. */
  readonly stage: "rolling" | "paused" | "ended" | "deleted";
  /** For a person; two equal sentences mean that nothing has changed. */
  readonly sentence: string;
}

/**
 * How far a fleet's newest template has come, from the fleet and its sets as the API shows them. A status may be a
 * moment old: every count is compared with what its set is asked for, so that an old one never says "ended" too early.
 */
export function rolloutProgress(fleet: Fleet, sets: readonly GameServerSet[]): RolloutProgress {
  const { name, deletionTimestamp } = fleet.metadata;
  const { replicas, paused } = fleet.spec;
  const mine = sets.filter(({ metadata }) =>
    metadata.ownerReferences?.some(({ uid }) => uid === fleet.metadata.uid),
  );
  const active = mine.find((set) => sameJson(set.spec.template, fleet.spec.template));
  const old = mine.filter((set) => set !== active);
  const held = sum(old, heldOf);
  const free = sum(old, (set) => Math.max(set.spec.replicas, set.status.replicas) - heldOf(set));
  const wanted = Math.max(0, replicas - held);
  const there = active ? active.status.readyReplicas + heldOf(active) : 0;
  const tail = held > 0 ? `; ${held} held of older revisions` : "";
  if (deletionTimestamp)
    return { stage: "deleted", sentence: `fleet ${name} is being deleted${tail}` };
  const isThere = active !== undefined && active.spec.replicas === wanted && there === wanted;
  const isClear = old.every((set) => set.status.replicas === heldOf(set));
  if (isThere && isClear)
    return {
      stage: "ended",
      sentence: `fleet ${name} is rolled out: ${there} of ${wanted} new${tail}`,
    };
  const sentence = `fleet ${name}: ${there} of ${wanted} new game servers are there, ${Math.max(0, free)} old ones are to go${tail}`;
  return paused
    ? { stage: "paused", sentence: `${sentence} (paused)` }
    : { stage: "rolling", sentence };
}

function heldOf({ status }: GameServerSet): number {
  return status.allocatedReplicas + status.reservedReplicas;
}
function sum(sets: readonly GameServerSet[], of: (set: GameServerSet) => number): number {
  return sets.reduce((n, set) => n + of(set), 0);
}
