import { type ImageFolder, sizeOf } from "./image-folder.ts";
import type { ImageConfig } from "./image-store.ts";
import {
  CONFIG_TYPE,
  configToJson,
  type Descriptor,
  MANIFEST_TYPE,
  type Manifest,
  toJson,
} from "./oci.ts";
import { fullReference } from "./reference.ts";

export interface BuiltImage {
  readonly reference: string;
  readonly digest: string;
  readonly sizeBytes: number;
  /** True when all layers were known already. */
  readonly cached: boolean;
}

export interface ImageParts {
  readonly reference: string;
  /** Plain tars, lowest first: each one's digest is its diff id as well. */
  readonly layers: readonly Descriptor[];
  readonly config: ImageConfig;
  /** Node's name of the processor, such as x64. */
  readonly arch: string;
}

/** Puts config and manifest into the store and gives them the reference's name. The same parts give the same digest. */
export async function writeImage(
  images: ImageFolder,
  { reference, layers, config, arch }: ImageParts,
): Promise<Omit<BuiltImage, "cached">> {
  const full = fullReference(reference);
  const diffIds = layers.map(({ digest }) => digest);
  const configFile = await images.blobs.put(CONFIG_TYPE, configToJson(config, diffIds, arch));
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: configFile,
    layers,
  };
  const descriptor = await images.blobs.put(MANIFEST_TYPE, toJson(manifest));
  await images.tag(full, descriptor);
  return { reference: full, digest: descriptor.digest, sizeBytes: sizeOf(manifest) };
}
