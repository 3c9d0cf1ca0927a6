import type { LinkEvent, LinkKind, LinkResource, Subject } from "../../core/model/link.ts";
import { keyOf, refOf } from "../../core/model/resource.ts";
import { FleetError } from "../../core/std/errors.ts";
import { mergePatch } from "../../core/std/json.ts";

type Of<K extends LinkKind> = LinkResource & { readonly kind: K };
type AnyListener = (key: string, object: LinkResource | undefined) => void;

/** The newest known objects of a node, by key. What it knows stays readable while a new full list comes in. */
export class LinkCache {
  #objects = new Map<string, LinkResource>();
  #incoming: Map<string, LinkResource> | undefined;
  readonly #firstList = Promise.withResolvers<void>();
  #revision = 0;
  readonly #byKey = new Map<string, Set<() => void>>();
  readonly #any = new Set<AnyListener>();

  /** Resolves after the first full list. */
  get synced(): Promise<void> {
    return this.#firstList.promise;
  }

  /** How far it has heard. */
  get revision(): number {
    return this.#revision;
  }

  get<K extends LinkKind>(kind: K, namespace: string, name: string): Of<K> | undefined {
    return this.#objects.get(keyOf({ kind, namespace, name })) as Of<K> | undefined;
  }

  /** The object of exactly this life of a resource: another one under the same name is not it. */
  getSubject(subject: Subject): LinkResource | undefined {
    const found = this.#objects.get(keyOf(subject));
    return found?.metadata.uid === subject.uid ? found : undefined;
  }

  list<K extends LinkKind>(kind: K): Of<K>[] {
    return [...this.#objects.values()].filter((object): object is Of<K> => object.kind === kind);
  }

  /** Calls `listener` after each change of the object under `key`. */
  onChange(key: string, listener: () => void): Disposable {
    const listeners = this.#byKey.get(key) ?? new Set();
    listeners.add(listener);
    this.#byKey.set(key, listeners);
    return {
      [Symbol.dispose]: () => {
        listeners.delete(listener);
        if (listeners.size === 0 && this.#byKey.get(key) === listeners) this.#byKey.delete(key);
      },
    };
  }

  /** Calls `listener` after each change, with undefined for what has gone. */
  onAny(listener: AnyListener): Disposable {
    this.#any.add(listener);
    return { [Symbol.dispose]: () => this.#any.delete(listener) };
  }

  /** Takes one event in. Throws CONFLICT when it fits nothing that is known: then a full list is needed. */
  apply(event: LinkEvent): void {
    if (event.type === "sync") {
      this.#incoming = new Map();
      return;
    }
    if (event.type === "put") this.#put(event.object);
    else if (event.type === "patch") this.#patch(event);
    else if (event.type === "gone") this.#gone(event.key, event.uid);
    else if (event.type === "synced") this.#swap();
    this.#revision = event.revision;
  }

  #put(object: LinkResource): void {
    const key = keyOf(refOf(object));
    if (this.#incoming) this.#incoming.set(key, object);
    else this.#set(key, object);
  }

  #patch({ key, uid, patch, revision }: LinkEvent & { type: "patch" }): void {
    const known = this.#objects.get(key);
    if (known?.metadata.uid !== uid)
      throw new FleetError("CONFLICT", `a patch came for ${key}, which is not known here`);
    const next = mergePatch(known, patch);
    const resourceVersion = String(revision);
    this.#set(key, { ...next, metadata: { ...next.metadata, resourceVersion } } as LinkResource);
  }

  #gone(key: string, uid: string): void {
    if (this.#objects.get(key)?.metadata.uid === uid) this.#set(key, undefined);
  }

  #swap(): void {
    const before = this.#objects;
    const after = this.#incoming ?? before;
    this.#incoming = undefined;
    this.#firstList.resolve();
    for (const [key, object] of after)
      if (before.get(key)?.metadata.resourceVersion !== object.metadata.resourceVersion)
        this.#set(key, object);
    for (const key of [...before.keys()]) if (!after.has(key)) this.#set(key, undefined);
  }

  #set(key: string, object: LinkResource | undefined): void {
    if (object) this.#objects.set(key, object);
    else this.#objects.delete(key);
    for (const listener of [...(this.#byKey.get(key) ?? [])]) listener();
    for (const listener of [...this.#any]) listener(key, object);
  }
}
