import { LiveStore, type LiveStoreOptions } from "../live-store.ts";
import type { ResourceStore } from "../resource-store.ts";
import { Journal } from "./journal.ts";

export interface JournalStoreOptions extends LiveStoreOptions {
  /** Must exist. May be relative: nothing outside of it is looked up once the store is open. */
  readonly folder: string;
  /** Space that is reserved at a time; two of these lie on the disk at least. */
  readonly segmentBytes: number;
  /** Closed segments that may wait for the snapshot; then commits wait too. */
  readonly unfoldedMax: number;
  /** Between two tries to get space from a full disk. */
  readonly retryMs: number;
  /** Between two looks whether this is still the leader; each append looks as well. */
  readonly leaderLookMs: number;
  /** How long another process may be in the middle of a write to the snapshot. */
  readonly snapshotWaitMs: number;
}

/** Bounds that suit a control plane: a start replays at most (unfoldedMax + 1) segments of the life before, usually one. */
export const JOURNAL_BOUNDS: Omit<JournalStoreOptions, "folder" | keyof LiveStoreOptions> = {
  segmentBytes: 32 * 1024 * 1024,
  unfoldedMax: 4,
  retryMs: 1_000,
  leaderLookMs: 1_000,
  snapshotWaitMs: 10_000,
};

/** A durable store in a folder: a journal of commits and its SQLite snapshot. */
export async function openJournalResourceStore(
  options: JournalStoreOptions,
): Promise<ResourceStore> {
  const { monotonic } = options.clock;
  const journal = await Journal.open({ ...options, monotonic: () => monotonic() });
  try {
    const store = new LiveStore(journal, options);
    await journal.ready();
    return store;
  } catch (error) {
    await journal[Symbol.asyncDispose]();
    throw error;
  }
}
