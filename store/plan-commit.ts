import { keyOf, type Ref, type Resource, refOf } from "../core/model/resource.ts";
import { assert } from "../core/std/assert.ts";
import { FleetError } from "../core/std/errors.ts";
import type { Remembered, StoreEvent, Write } from "./resource-store.ts";
import type { SharedParts } from "./shared-parts.ts";

/** What one write does to the head, and the event that watches will see once it is durable. */
export interface Step {
  readonly before: Resource | undefined;
  readonly after: Resource | undefined;
  readonly event: StoreEvent;
}

export interface CommitPlan {
  readonly steps: readonly Step[];
  /** The lines that make it durable (see `Change`). */
  readonly text: string;
}

/** Finds what the head holds under a reference. */
export interface Lookup {
  of(ref: Ref): Resource | undefined;
}

/**
 * Checks an atomic group of writes against the head and says what it changes. Throws the refusal of the first write
 * that cannot be made. Each write is serialized here, once: a delta as a delta.
 */
export function planCommit(
  head: Lookup,
  writes: readonly Write[],
  remember: Remembered | undefined,
  revision: number,
  parts: SharedParts,
): CommitPlan {
  assertDistinct(writes);
  const steps: Step[] = [];
  let text = "";
  for (const write of writes) {
    const number = revision + steps.length + 1;
    const step = planWrite(head, write, number, parts);
    steps.push(step);
    text += (text === "" ? "" : "\n") + lineOf(step, number);
  }
  if (remember) text += `${text === "" ? "" : "\n"}{"remember":${JSON.stringify(remember)}}`;
  return { steps, text };
}

function planWrite(head: Lookup, write: Write, revision: number, parts: SharedParts): Step {
  const ref = write.op === "delete" ? write.ref : refOf(write.object);
  const before = head.of(ref);
  if (write.op === "create") {
    if (before) throw new FleetError("ALREADY_EXISTS", `${keyOf(ref)} exists already`, { ...ref });
    const after = stamped(parts.share(write.object), revision);
    return { before, after, event: { type: "put", revision, object: after } };
  }
  if (!before) throw new FleetError("NOT_FOUND", `${keyOf(ref)} does not exist`, { ...ref });
  const found = before.metadata.resourceVersion;
  if (write.expected !== undefined && write.expected !== found)
    throw lostRace(ref, write.expected, found);
  if (write.op === "delete")
    return { before, after: undefined, event: { type: "delete", revision, object: before } };
  const { delta } = write;
  // Who knows the delta made the new object out of the old one, and so shares its parts already.
  const after = stamped(delta ? write.object : parts.share(write.object), revision);
  const event: StoreEvent = delta
    ? { type: "put", revision, object: after, before, delta, deltaText: JSON.stringify(delta) }
    : { type: "put", revision, object: after, before };
  return { before, after, event };
}

function lineOf({ before, after, event }: Step, revision: number): string {
  if (!after) return `{"revision":${revision},"delete":${keyText(before)}}`;
  if (event.type === "put" && event.deltaText)
    return `{"revision":${revision},"key":${keyText(after)},"patch":${event.deltaText}}`;
  return `{"revision":${revision},"put":${JSON.stringify(after)}}`;
}

function keyText(resource: Resource | undefined): string {
  assert(resource, "a change has neither before nor after");
  return JSON.stringify(keyOf(refOf(resource)));
}

/** The object as it is kept: the same value with `revision` as its version. */
export function stamped<R extends Resource>(object: R, revision: number): R {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}

function lostRace(ref: Ref, expected: string, found: string): FleetError {
  const message = `${keyOf(ref)} was changed by someone else (version ${found}, expected ${expected})`;
  return new FleetError("CONFLICT", message, { ...ref, expected, found });
}

function assertDistinct(writes: readonly Write[]): void {
  if (writes.length < 2) return;
  const keys = writes.map((write) =>
    keyOf(write.op === "delete" ? write.ref : refOf(write.object)),
  );
  assert(new Set(keys).size === keys.length, "a group of writes names one resource twice");
}
