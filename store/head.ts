import type { Kind, Kinds, Ref, Resource } from "../core/model/resource.ts";
import type { Index } from "./resource-store.ts";

const NONE: ReadonlySet<never> = new Set<never>();

/** A set of resources per key; the sets live only while they are not empty, so ask again for each use. */
class LiveIndex<K extends Kind> implements Index<K> {
  readonly #keyOf: (resource: Kinds[K]) => string | undefined;
  readonly #sets = new Map<string, Set<Kinds[K]>>();

  constructor(keyOf: (resource: Kinds[K]) => string | undefined) {
    this.#keyOf = keyOf;
  }

  get(key: string): ReadonlySet<Kinds[K]> {
    return this.#sets.get(key) ?? NONE;
  }

  keys(): Iterable<string> {
    return this.#sets.keys();
  }

  move(before: Resource | undefined, after: Resource | undefined): void {
    if (before) this.#remove(before as Kinds[K]);
    if (after) this.#add(after as Kinds[K]);
  }

  #add(resource: Kinds[K]): void {
    const key = this.#keyOf(resource);
    if (key === undefined) return;
    const set = this.#sets.get(key);
    if (set) set.add(resource);
    else this.#sets.set(key, new Set([resource]));
  }

  #remove(resource: Kinds[K]): void {
    const key = this.#keyOf(resource);
    const set = key === undefined ? undefined : this.#sets.get(key);
    if (!set || key === undefined) return;
    set.delete(resource);
    if (set.size === 0) this.#sets.delete(key);
  }
}

interface Shelf {
  readonly spaces: Map<string, Map<string, Resource>>;
  readonly indexes: { move(before: Resource | undefined, after: Resource | undefined): void }[];
  count: number;
}

/** Every resource by kind, namespace and name, with its indexes in step. */
export class Head {
  readonly #shelves = new Map<Kind, Shelf>();

  get(kind: Kind, namespace: string, name: string): Resource | undefined {
    return this.#shelves.get(kind)?.spaces.get(namespace)?.get(name);
  }

  of({ kind, namespace, name }: Ref): Resource | undefined {
    return this.get(kind, namespace, name);
  }

  list(kind: Kind, namespace?: string): Resource[] {
    const spaces = this.#shelves.get(kind)?.spaces;
    if (!spaces) return [];
    if (namespace !== undefined) return [...(spaces.get(namespace)?.values() ?? [])];
    return [...spaces.values()].flatMap((space) => [...space.values()]);
  }

  count(kind: Kind): number {
    return this.#shelves.get(kind)?.count ?? 0;
  }

  index<K extends Kind>(kind: K, keyOf: (resource: Kinds[K]) => string | undefined): Index<K> {
    const index = new LiveIndex<K>(keyOf);
    for (const resource of this.list(kind)) index.move(undefined, resource);
    this.#shelf(kind).indexes.push(index);
    return index;
  }

  /** Replaces `before` by `after`; both are the same resource, one of them may be missing. */
  change(before: Resource | undefined, after: Resource | undefined): void {
    const one = after ?? before;
    if (!one) return;
    const shelf = this.#shelf(one.kind);
    const { namespace, name } = one.metadata;
    if (after) spaceOf(shelf, namespace).set(name, after);
    else removeFrom(shelf, namespace, name);
    shelf.count += (after ? 1 : 0) - (before ? 1 : 0);
    for (const index of shelf.indexes) index.move(before, after);
  }

  #shelf(kind: Kind): Shelf {
    const found = this.#shelves.get(kind);
    if (found) return found;
    const made: Shelf = { spaces: new Map(), indexes: [], count: 0 };
    this.#shelves.set(kind, made);
    return made;
  }
}

function spaceOf({ spaces }: Shelf, namespace: string): Map<string, Resource> {
  const found = spaces.get(namespace);
  if (found) return found;
  const made = new Map<string, Resource>();
  spaces.set(namespace, made);
  return made;
}

function removeFrom({ spaces }: Shelf, namespace: string, name: string): void {
  const space = spaces.get(namespace);
  space?.delete(name);
  if (space?.size === 0) spaces.delete(namespace);
}
