import type { Readable } from "node:stream";
import { FleetError } from "../../core/std/errors.ts";
import type { FolderImageStore } from "./folder-image-store.ts";
import type { ImageStore, ResolvedImage } from "./image-store.ts";
import { type Descriptor, MANIFEST_TYPE, parseManifest } from "./oci.ts";
import { fullReference } from "./reference.ts";

export interface FetchingOptions {
  readonly local: FolderImageStore;
  /** The digest that a full reference stands for in the control plane; undefined when it knows none. */
  readonly digestOf: (reference: string) => string | undefined;
  /** Bytes of one blob, from whoever has the image; what comes is checked here. */
  readonly fetchBlob: (digest: string, reference: string) => Promise<Readable>;
  /** True on the machine where images are built: what it has goes before what the control plane still says. */
  readonly isBuilder: boolean;
}

/**
 * The images of this machine, and those of others: what is missing is fetched by digest before it is run. A blob whose
 * content does not hash to its digest is refused, so that no machine on the way can change it.
 */
export class FetchingImageStore implements ImageStore {
  readonly #options: FetchingOptions;
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(options: FetchingOptions) {
    this.#options = options;
  }

  async resolve(reference: string): Promise<ResolvedImage> {
    const { local, digestOf, isBuilder } = this.#options;
    const full = fullReference(reference);
    const wanted = digestOf(full);
    const here = (await local.images.named()).get(full)?.digest;
    const isFine = here === wanted || (isBuilder && here !== undefined);
    if (wanted !== undefined && !isFine) await this.#fetchOnce(full, wanted);
    return await local.resolve(reference);
  }

  keepWhile<T>(work: () => Promise<T>): Promise<T> {
    return this.#options.local.keepWhile(work);
  }

  list(): ReturnType<ImageStore["list"]> {
    return this.#options.local.list();
  }

  /** Many containers of one image start at once: they share the way. */
  #fetchOnce(reference: string, digest: string): Promise<void> {
    const key = `${reference} ${digest}`;
    const known = this.#underWay.get(key);
    if (known) return known;
    const { images } = this.#options.local;
    const fetched = images
      .keepWhile(() => this.#fetch(reference, digest))
      .finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, fetched);
    return fetched;
  }

  async #fetch(reference: string, digest: string): Promise<void> {
    const { images } = this.#options.local;
    const manifest = await this.#blob(reference, MANIFEST_TYPE, digest);
    const { config, layers } = parseManifest(await images.blobs.readText(manifest));
    for (const blob of [config, ...layers])
      if (!(await images.blobs.has(blob))) await this.#blob(reference, blob.mediaType, blob.digest);
    await images.tag(reference, manifest);
  }

  async #blob(reference: string, mediaType: string, digest: string): Promise<Descriptor> {
    const { local, fetchBlob } = this.#options;
    const content = await fetchBlob(digest, reference);
    const kept = await local.images.blobs.putStream(mediaType, content);
    if (kept.digest === digest) return kept;
    const message = `blob ${digest} of image ${reference} came with other content`;
    throw new FleetError("FAILED_PRECONDITION", message, { reference, digest });
  }
}
