import type { Kind, Ref, Resource } from "../core/model/resource.ts";
import { assert } from "../core/std/assert.ts";
import { mergePatch } from "../core/std/json.ts";
import type { Answers } from "./answers.ts";
import type { Change } from "./commit-log.ts";
import type { Head } from "./head.ts";
import { stamped } from "./plan-commit.ts";
import type { SharedParts } from "./shared-parts.ts";

/** Applies what a log holds, in its order. */
export function replay(
  changes: Iterable<Change>,
  head: Head,
  answers: Answers,
  parts: SharedParts,
): void {
  for (const change of changes) {
    if ("remember" in change) {
      answers.put(change.remember);
      continue;
    }
    const { before, after } = outcomeOf(change, (key) => head.of(refOfKey(key)));
    head.change(before, "put" in change ? parts.share(change.put) : after);
  }
}

export type ResourceChange = Exclude<Change, { remember: unknown }>;

/** What a change replaces, and by what. */
export function outcomeOf(
  change: ResourceChange,
  find: (key: string) => Resource | undefined,
): { before: Resource | undefined; after: Resource | undefined } {
  if ("delete" in change) return { before: find(change.delete), after: undefined };
  const before = find(keyOfChange(change));
  if ("put" in change) return { before, after: change.put };
  assert(before, `revision ${change.revision} patches ${change.key}, which is not there`);
  return { before, after: stamped(mergePatch(before, change.patch), change.revision) };
}

/** The key of the one resource that a change is about. */
export function keyOfChange(change: ResourceChange): string {
  if ("delete" in change) return change.delete;
  if ("key" in change) return change.key;
  const { kind, metadata } = change.put;
  return `${kind}/${metadata.namespace}/${metadata.name}`;
}

/** `GameServer/default/a` → its parts; neither kinds nor namespaces contain a slash. */
export function refOfKey(key: string): Ref {
  const first = key.indexOf("/");
  const second = key.indexOf("/", first + 1);
  return {
    kind: key.slice(0, first) as Kind,
    namespace: key.slice(first + 1, second),
    name: key.slice(second + 1),
  };
}
