import { LiveStore, type LiveStoreOptions } from "../live-store.ts";
import type { ResourceStore } from "../resource-store.ts";
import { MemoryCommitLog } from "./memory-commit-log.ts";

/** A store that forgets everything with its process; a log of the caller's own can be made to fail. */
export function openMemoryResourceStore(
  options: LiveStoreOptions,
  log: MemoryCommitLog = new MemoryCommitLog({ keep: false }),
): ResourceStore {
  return new LiveStore(log, options);
}
