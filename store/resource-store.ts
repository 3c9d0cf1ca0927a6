import type { Reason } from "../core/model/reason.ts";
import type { Kind, Kinds, Ref, Resource } from "../core/model/resource.ts";

/**
 * One change. Updates and deletes name the `resourceVersion` they were decided on (compare-and-swap); `delta` is the
 * merge patch from the old object to the new one where the writer knows it (a small record for a hot path).
 * The store sets `metadata.resourceVersion` of what it keeps; everything else is the writer's.
 */
export type Write =
  | { readonly op: "create"; readonly object: Resource }
  | {
      readonly op: "update";
      readonly object: Resource;
      readonly expected: string;
      readonly delta?: object;
    }
  | { readonly op: "delete"; readonly ref: Ref; readonly expected?: string };

/** An answer that is kept with the commit that it belongs to, so that a repeated request gets it again. */
export interface Remembered {
  /** Scope and key as the caller composed them. */
  readonly key: string;
  /** Hash of the request's body: another body under the same key is refused by the caller. */
  readonly bodyHash: string;
  readonly answer: string;
  readonly at: number;
}

/** Who or what caused a commit and why, told to those who follow the head; it is not kept with the commit. */
export interface Cause {
  /** `user alice`, `fleet arena`, `node a`, `allocation`. */
  readonly by: string;
  readonly reason?: Reason | undefined;
  readonly message?: string | undefined;
}

/** Follows the head; `cause` is what the writer said of the change. */
export type HeadListener = (
  before: Resource | undefined,
  after: Resource | undefined,
  cause?: Cause,
) => void;

/** What changed, in the order of revisions. `deltaText` is the delta's JSON, which is made once for everybody. */
export type StoreEvent =
  | {
      readonly type: "put";
      readonly revision: number;
      readonly object: Resource;
      readonly before?: Resource;
      readonly delta?: object;
      readonly deltaText?: string;
    }
  | { readonly type: "delete"; readonly revision: number; readonly object: Resource };

export interface Watch extends Disposable {
  readonly closed: boolean;
}

/** A set of resources by a key computed from each, kept in step with the head. */
export interface Index<K extends Kind> {
  get(key: string): ReadonlySet<Kinds[K]>;
  keys(): Iterable<string>;
}

/**
 * Every resource, in memory, written through to something durable.
 *
 * The **head** includes writes whose commit is still under way: `get`, `list` and indexes read it, and `commit` has
 * changed it before it returns, so that one thread never decides twice on the same state. Nothing may be answered to
 * anybody before `settled` of what was read. Watches see durable changes only, in order. When a commit fails for lack of
 * space, the head goes back to what is durable and every waiting commit is refused with STORAGE_FULL; any other
 * failure of the medium (an fsync error) is fatal and reported through `fatal`, never retried.
 */
export interface ResourceStore extends AsyncDisposable {
  /** Revision of the head. Revisions grow by one per resource written, also over restarts. */
  readonly revision: number;
  get<K extends Kind>(kind: K, namespace: string, name: string): Kinds[K] | undefined;
  /** All of a kind, or those of one namespace, in no particular order. */
  list<K extends Kind>(kind: K, namespace?: string): Kinds[K][];
  count(kind: Kind): number;
  /** Made once at start. `keyOf` must be pure; undefined leaves a resource out. */
  index<K extends Kind>(kind: K, keyOf: (resource: Kinds[K]) => string | undefined): Index<K>;
  /**
   * Changes the head now and resolves when all of `writes` (one atomic group) are durable; returns them as kept.
   * Rejects with CONFLICT, NOT_FOUND, ALREADY_EXISTS (nothing changed) or STORAGE_FULL.
   */
  commit(
    writes: readonly Write[],
    remember?: Remembered,
    cause?: Cause,
  ): Promise<readonly Resource[]>;
  /** The answer kept under `key`, if it is younger than an hour and among the last million. */
  recall(key: string): Remembered | undefined;
  /** Resolves when everything up to `revision` is durable. */
  settled(revision?: number): Promise<void>;
  /**
   * Calls `listener` for each durable change after revision `from`, in order and never re-entrantly: first, in a
   * microtask, those already past. Throws EXPIRED when the history no longer reaches back to `from`.
   */
  watch(from: number, listener: (event: StoreEvent) => void): Watch;
  /** Called at once whenever the head changes (before durability): for indexes that decide. */
  onHead(listener: HeadListener): Disposable;
  /** Resolves with the error when the medium failed in a way that must end the process. */
  readonly fatal: Promise<Error>;
}
