import type { Problem } from "../../std/errors.ts";
import type { Kind, Kinds } from "../resource.ts";

/** What a schema cannot say about a kind. All functions are pure and see values of the right shape only. */
export interface Rules<K extends Kind> {
  /** Fills what follows from other fields; its own output is not changed by it. */
  readonly complete?: (resource: Kinds[K]) => Kinds[K];
  /** Fills what an update does not say with what is there, because somebody else sets it. */
  readonly inherit?: (old: Kinds[K], next: Kinds[K], given: Record<string, unknown>) => Kinds[K];
  /** What was given and is not kept as it was. */
  readonly warnings?: (given: Kinds[K]) => readonly string[];
  readonly check?: (resource: Kinds[K]) => readonly Problem[];
  /** What an update must not change. */
  readonly frozen?: (old: Kinds[K], next: Kinds[K]) => readonly Problem[];
  /** The status of a new resource. */
  readonly firstStatus: (resource: Kinds[K]) => Kinds[K]["status"];
  /** What a write of the status must not do. */
  readonly statusMove?: (old: Kinds[K], next: Kinds[K]) => readonly Problem[];
}

/** Problems at the places where `claim` does not hold. */
export function unless(claim: boolean, path: string, message: string): Problem[] {
  return claim ? [] : [{ path, message }];
}

/** Entries that repeat an earlier one's key, each named with the first. */
export function repeats<T>(
  items: readonly T[],
  keyOf: (item: T) => string | undefined,
  pathOf: (index: number) => string,
): Problem[] {
  const first = new Map<string, number>();
  return items.flatMap((item, i) => {
    const key = keyOf(item);
    if (key === undefined) return [];
    const before = first.get(key);
    if (before === undefined) first.set(key, i);
    return unless(
      before === undefined,
      pathOf(i),
      `must be unique, ${JSON.stringify(key)} is at ${pathOf(before ?? 0)} too`,
    );
  });
}
