import type { Resource } from "../../core/model/resource.ts";
import { keyOf, refOf } from "../../core/model/resource.ts";
import { mergePatch } from "../../core/std/json.ts";
import type { Change } from "../../store/commit-log.ts";
import type { Remembered } from "../../store/resource-store.ts";

/** One durable change of one resource. */
export interface Entry {
  readonly key: string;
  readonly before: Resource | undefined;
  readonly after: Resource | undefined;
}

/** What is durable, read from the disk's own lines: it owes nothing to the store that it is compared with. */
export class Ledger {
  readonly resources: Map<string, Resource> = new Map();
  readonly answers: Map<string, Remembered> = new Map();

  /** Takes the text of a commit group in; calls `look` after each change, so that it sees no later one. */
  take(text: string, look: (entry: Entry) => void): void {
    for (const line of text.split("\n")) {
      const change = JSON.parse(line) as Change;
      if ("remember" in change) this.answers.set(change.remember.key, change.remember);
      else look(this.#apply(change));
    }
  }

  list<K extends Resource["kind"]>(kind: K): (Resource & { kind: K })[] {
    const all = [...this.resources.values()];
    return all.filter((one): one is Resource & { kind: K } => one.kind === kind);
  }

  #apply(change: Exclude<Change, { remember: Remembered }>): Entry {
    const key = "put" in change ? keyOf(refOf(change.put)) : keyIn(change);
    const before = this.resources.get(key);
    if ("delete" in change) {
      this.resources.delete(key);
      return { key, before, after: undefined };
    }
    const next = "put" in change ? change.put : mergePatch(before as Resource, change.patch);
    const resourceVersion = String(change.revision);
    const after = { ...next, metadata: { ...next.metadata, resourceVersion } } as Resource;
    this.resources.set(key, after);
    return { key, before, after };
  }
}

function keyIn(change: { readonly key: string } | { readonly delete: string }): string {
  return "delete" in change ? change.delete : change.key;
}
