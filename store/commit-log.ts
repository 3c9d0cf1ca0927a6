import type { Resource } from "../core/model/resource.ts";
import type { Remembered } from "./resource-store.ts";

/**
 * One line of a commit as it is kept: JSON, in the order of revisions. A `patch` is a merge patch on what `key` held;
 * `metadata.resourceVersion` of what results is always `revision`.
 */
export type Change =
  | { readonly revision: number; readonly put: Resource }
  | { readonly revision: number; readonly key: string; readonly patch: object }
  | { readonly revision: number; readonly delete: string }
  | { readonly remember: Remembered };

/** Commits that become durable together. */
export interface CommitGroup {
  /** Changes as lines of JSON, separated by newlines. */
  readonly text: string;
  /** Of the last change. */
  readonly revision: number;
  readonly commits: number;
}

/** What a LiveStore writes through to: it only appends, and hands back everything at the start. */
export interface CommitLog extends AsyncDisposable {
  /** All that is durable; read once, before the first `append`. */
  load(): Iterable<Change>;
  /** Revision of the last change that `load` gave or that was appended. */
  readonly revision: number;
  /**
   * Resolves when the whole group is durable; called again only after that. STORAGE_FULL means that nothing of it is
   * kept and that a later call may succeed; any other rejection means that the medium cannot be trusted any more.
   */
  append(group: CommitGroup): Promise<void>;
  /** Throws when somebody else writes to the medium by now: then what was read from here may be old. */
  confirm(): void;
  /** Called when the medium failed outside an `append`. */
  onFailure(listener: (error: Error) => void): void;
}
