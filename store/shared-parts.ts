import type { Resource } from "../core/model/resource.ts";

export interface SharedPartsOptions {
  /** Parts that are remembered; those that were not met for longest go first. */
  readonly partsMax: number;
}

/** A longer part is rarely the same as another, and looking for it costs more than it saves. */
const PART_CHARS_MAX = 16_384;

/** Values by text, in two generations instead of an order: what was not met during a whole one goes. */
class Remembered<T> {
  readonly #max: number;
  #young = new Map<string, T>();
  #old = new Map<string, T>();

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** What was met under `text` before, else `value`. */
  same(text: string, value: T): T {
    const young = this.#young.get(text);
    if (young !== undefined) return young;
    const kept = this.#old.get(text) ?? value;
    if (this.#young.size >= this.#max / 2) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(text, kept);
    return kept;
  }
}

/**
 * Makes equal parts of resources one object: the servers of a set differ in their status, while spec, labels and owner
 * are the same for thousands of them. Resources are values, so nobody can tell but by the memory that is not taken.
 */
export class SharedParts {
  readonly #parts: Remembered<object>;
  readonly #texts: Remembered<string>;

  constructor({ partsMax }: SharedPartsOptions) {
    this.#parts = new Remembered(partsMax);
    this.#texts = new Remembered(partsMax);
  }

  /** Parts and texts that are remembered. */
  get size(): number {
    return this.#parts.size + this.#texts.size;
  }

  /** The same value, made of parts that others have too where there are any. */
  share(resource: Resource): Resource {
    const { metadata, spec } = resource;
    const { labels, annotations, ownerReferences } = metadata;
    const shared = {
      ...metadata,
      namespace: this.#text(metadata.namespace),
      creationTimestamp: this.#text(metadata.creationTimestamp),
    };
    if (metadata.generateName) shared.generateName = this.#text(metadata.generateName);
    if (labels) shared.labels = this.#part(labels);
    if (annotations) shared.annotations = this.#part(annotations);
    if (ownerReferences) shared.ownerReferences = this.#part(ownerReferences);
    return {
      ...resource,
      apiVersion: this.#text(resource.apiVersion),
      kind: this.#text(resource.kind),
      metadata: shared,
      spec: this.#part(spec),
    } as Resource;
  }

  #part<T extends object>(part: T): T {
    const text = JSON.stringify(part);
    return text.length > PART_CHARS_MAX ? part : (this.#parts.same(text, part) as T);
  }

  #text<T extends string>(text: T): T {
    return this.#texts.same(text, text) as T;
  }
}
