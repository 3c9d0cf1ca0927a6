import { join } from "node:path";
import type { Clock } from "../../core/std/clock.ts";
import { FleetError } from "../../core/std/errors.ts";
import { nearestName } from "../../core/std/nearest.ts";
import { type ImageFiles, ImageFolder, sizeOf } from "./image-folder.ts";
import type { ImageStore, ResolvedImage } from "./image-store.ts";
import { LayerFolder, type Whiteouts } from "./layer-folder.ts";
import { broken } from "./oci.ts";
import { fullReference } from "./reference.ts";
import type { Unpack } from "./unpack.ts";

export interface ImageStoreOptions {
  /** Holds `images/` (OCI image layout) and `layers/` (unpacked). */
  readonly root: string;
  readonly unpack: Unpack;
  /** What `unpack` makes of deletions: "overlay" for the shim's, "files" for `portableUnpack`. */
  readonly whiteouts: Whiteouts;
  readonly clock: Clock;
}

/** The folders of a store, beside each other. */
export const IMAGES = "images";
export const LAYERS = "layers";

/** The images of this machine in a folder. */
export class FolderImageStore implements ImageStore {
  /** Builders write here. */
  readonly images: ImageFolder;
  readonly #layers: LayerFolder;

  constructor(images: ImageFolder, layers: LayerFolder) {
    this.images = images;
    this.#layers = layers;
  }

  async resolve(reference: string): Promise<ResolvedImage> {
    const full = fullReference(reference);
    const named = await this.images.named();
    const descriptor = named.get(full);
    if (descriptor === undefined) throw imageNotFound(full, [...named.keys()]);
    const files = await this.images.files(descriptor);
    return {
      reference: full,
      digest: descriptor.digest,
      sizeBytes: sizeOf(files.manifest),
      config: files.config.config,
      layers: await this.#unpacked(files),
    };
  }

  keepWhile<T>(work: () => Promise<T>): Promise<T> {
    return this.images.keepWhile(work);
  }

  async list(): Promise<readonly { reference: string; digest: string; sizeBytes: number }[]> {
    const named = [...(await this.images.named())].sort(([a], [b]) => (a < b ? -1 : 1));
    return Promise.all(
      named.map(async ([reference, descriptor]) => {
        const { manifest } = await this.images.files(descriptor);
        return { reference, digest: descriptor.digest, sizeBytes: sizeOf(manifest) };
      }),
    );
  }

  async #unpacked({ manifest, config }: ImageFiles): Promise<readonly string[]> {
    const { diffIds } = config;
    if (diffIds.length !== manifest.layers.length)
      throw broken("config and manifest count their layers differently");
    const paths: string[] = [];
    for (const [index, layer] of manifest.layers.entries())
      paths.push(await this.#layers.ensure(layer, diffIds[index] ?? ""));
    return paths;
  }
}

/** NOT_FOUND, with the name that was meant or those there are. */
export function imageNotFound(reference: string, known: readonly string[]): FleetError {
  const near = nearestName(reference, known);
  const hint =
    near === undefined
      ? `known are ${known.length === 0 ? "none yet" : known.slice(0, 5).join(", ")}`
      : `did you mean ${near}?`;
  return new FleetError("NOT_FOUND", `there is no image ${reference}: ${hint}`, { reference });
}

/** Opens the store and makes its folders where they are missing. */
export async function openImageStore(options: ImageStoreOptions): Promise<FolderImageStore> {
  const { root, unpack, whiteouts, clock } = options;
  const images = await ImageFolder.open(join(root, IMAGES), clock);
  const folder = join(root, LAYERS);
  const layers = new LayerFolder({ folder, blobs: images.blobs, unpack, whiteouts });
  await layers.prepare();
  return new FolderImageStore(images, layers);
}
