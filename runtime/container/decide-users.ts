import type { ContainerPlan } from "../../core/model/container-plan.ts";
import { FleetError } from "../../core/std/errors.ts";

/** A container that runs on this machine, or is about to. */
export interface UsersTaken {
  readonly plan: Pick<ContainerPlan, "id" | "subject" | "user" | "volumes" | "mounts">;
  /** The host's first user of its own. */
  readonly userBase: number;
}

const USER_BASE_FIRST = 0x10_0000;
const USERS_EACH = 0x1_0000;

/**
 * The host's users for a new container: nobody else's; those of who shares a named volume with it, because its files have
 * one owner, who never changes while somebody has it. `taken` are all bases of the machine, also of who has ended.
 * FAILED_PRECONDITION where the owners of its volumes are different ones.
 */
export function decideUserBase(
  plan: UsersTaken["plan"],
  running: readonly UsersTaken[],
  taken: ReadonlySet<number>,
): number {
  const wanted = volumesOf(plan);
  const sharers = running.flatMap((one) => {
    const volume = [...volumesOf(one.plan)].find((name) => wanted.has(name));
    return volume === undefined || one.plan.id === plan.id ? [] : [{ ...one, volume }];
  });
  const [first] = sharers;
  if (!first) return freeBase(taken);
  for (const { plan: other, userBase, volume } of sharers) {
    if (other.user !== plan.user)
      throw new FleetError(
        "FAILED_PRECONDITION",
        `volume ${volume} is used by ${nameOf(other)} as user ${other.user}, not ${plan.user}: give both the same runAsUser`,
      );
    if (userBase !== first.userBase)
      throw new FleetError(
        "FAILED_PRECONDITION",
        `volumes ${first.volume} and ${volume} are used by ${nameOf(first.plan)} and ${nameOf(other)}, which share none: stop one of them first`,
      );
  }
  return first.userBase;
}

/** Its named volumes, with the namespace that they are of. */
function volumesOf({ subject, volumes, mounts }: UsersTaken["plan"]): ReadonlySet<string> {
  const mounted = new Set(mounts.map(({ name }) => name));
  const named = volumes.flatMap(({ name, named }) =>
    named && mounted.has(name) ? [`${subject.namespace}/${named.volume}`] : [],
  );
  return new Set(named);
}

function freeBase(taken: ReadonlySet<number>): number {
  let base = USER_BASE_FIRST;
  while (taken.has(base)) base += USERS_EACH;
  return base;
}

function nameOf({ subject }: UsersTaken["plan"]): string {
  return `${subject.kind.toLowerCase()} ${subject.name}`;
}
