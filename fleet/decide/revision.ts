import type { FleetRevision, GameServerTemplate } from "../../core/model/fleet.ts";
import { sameJson } from "../../core/std/json.ts";

export interface RevisionDecision {
  /** The number of the present template. */
  readonly revision: number;
  /** The revision that had this template before and gets the new number; undefined when the template is new. */
  readonly renumber: FleetRevision | undefined;
  /** Beyond what is kept, the oldest. */
  readonly forget: readonly FleetRevision[];
}

/**
 * The place of a template in its fleet's history. As `kubectl rollout` counts: a template that comes back is the newest
 * again and leaves its old number; nothing changes for the newest. `kept` are those beside the present one.
 */
export function decideRevision(
  template: GameServerTemplate,
  history: readonly FleetRevision[],
  kept: number,
): RevisionDecision {
  const newestFirst = [...history].sort((a, b) => b.spec.revision - a.spec.revision);
  const newest = newestFirst[0]?.spec.revision ?? 0;
  const same = newestFirst.find(({ spec }) => sameJson(spec.template, template));
  const isNewest = same !== undefined && same.spec.revision === newest;
  const others = newestFirst.filter((one) => one !== same);
  return {
    revision: isNewest ? newest : newest + 1,
    renumber: isNewest ? undefined : same,
    forget: others.slice(kept),
  };
}
