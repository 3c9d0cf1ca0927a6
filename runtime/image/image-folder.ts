import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../core/std/clock.ts";
import { replaceFile } from "../linux/replace-file.ts";
import { BlobFolder } from "./blob-folder.ts";
import { type FolderLockOptions, withLock, withSharedLock } from "./folder-lock.ts";
import {
  type ConfigFile,
  type Descriptor,
  type Index,
  type Manifest,
  parseConfig,
  parseIndex,
  parseManifest,
  REFERENCE_NAME,
  toJson,
} from "./oci.ts";

const LOCK_WAIT_MS = 10_000;
const LOCK_RETRY_MS = 5;
const IMAGES_MAX = 1000;

/** An image's manifest and config, verified and parsed. */
export interface ImageFiles {
  readonly manifest: Manifest;
  readonly config: ConfigFile;
}

/** One OCI image layout 1.0: `oci-layout`, `index.json` and `blobs/`. Several processes may write to it at once. */
export class ImageFolder {
  readonly folder: string;
  readonly blobs: BlobFolder;
  readonly #clock: Clock;
  readonly #files = new Map<string, ImageFiles>();

  private constructor(folder: string, clock: Clock) {
    this.folder = folder;
    this.blobs = new BlobFolder(folder);
    this.#clock = clock;
  }

  static async open(folder: string, clock: Clock): Promise<ImageFolder> {
    const images = new ImageFolder(folder, clock);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await images.blobs.prepare();
    await images.#locked(() => images.#layOut());
    return images;
  }

  async index(): Promise<Index> {
    return parseIndex(await readFile(join(this.folder, "index.json"), "utf8"));
  }

  /** Descriptors of all named images, by reference. */
  async named(): Promise<ReadonlyMap<string, Descriptor>> {
    const { manifests } = await this.index();
    return new Map(
      manifests.flatMap((descriptor) => {
        const name = descriptor.annotations?.[REFERENCE_NAME];
        return name === undefined ? [] : [[name, descriptor] as const];
      }),
    );
  }

  /** Lets `reference` name this manifest from now on. */
  async tag(reference: string, { mediaType, digest, size }: Descriptor): Promise<void> {
    const known = (await this.named()).get(reference);
    if (known?.digest === digest) return;
    const named = { mediaType, digest, size, annotations: { [REFERENCE_NAME]: reference } };
    await this.#locked(async () => {
      const { manifests } = await this.index();
      const others = manifests.filter((m) => m.annotations?.[REFERENCE_NAME] !== reference);
      await this.#writeIndex([...others, named]);
    });
  }

  /** Takes a name away, and says whether it was there; what it named is cleared away once nobody needs it. */
  async untag(reference: string): Promise<boolean> {
    return await this.#locked(async () => {
      const { manifests } = await this.index();
      const others = manifests.filter((m) => m.annotations?.[REFERENCE_NAME] !== reference);
      if (others.length === manifests.length) return false;
      await this.#writeIndex(others);
      return true;
    });
  }

  /** Nothing is cleared away while `work` runs: for those who are about to name or to use what is here. */
  keepWhile<T>(work: () => Promise<T>): Promise<T> {
    return withSharedLock(join(this.folder, "use.lock"), this.#lockOptions(), work);
  }

  /** Runs `work` while nobody is about to name or to use what is here; it should be short, they wait for it. */
  whileUnused<T>(work: () => Promise<T>): Promise<T> {
    return withLock(join(this.folder, "use.lock"), this.#lockOptions(), work);
  }

  async files(descriptor: Descriptor): Promise<ImageFiles> {
    const known = this.#files.get(descriptor.digest);
    if (known) return known;
    const manifest = parseManifest(await this.blobs.readText(descriptor));
    const config = parseConfig(await this.blobs.readText(manifest.config));
    if (this.#files.size >= IMAGES_MAX) this.#files.clear();
    this.#files.set(descriptor.digest, { manifest, config });
    return { manifest, config };
  }

  async #layOut(): Promise<void> {
    const known = await readFile(join(this.folder, "index.json")).catch(() => undefined);
    if (known !== undefined) return;
    const layout = toJson({ imageLayoutVersion: "1.0.0" });
    await replaceFile(join(this.folder, "oci-layout"), 0o600, layout);
    await this.#writeIndex([]);
  }

  #writeIndex(manifests: readonly Descriptor[]): Promise<void> {
    const index = toJson({ schemaVersion: 2, manifests });
    return replaceFile(join(this.folder, "index.json"), 0o600, index);
  }

  #locked<T>(work: () => Promise<T>): Promise<T> {
    return withLock(join(this.folder, "index.lock"), this.#lockOptions(), work);
  }

  #lockOptions(): FolderLockOptions {
    return { clock: this.#clock, waitMs: LOCK_WAIT_MS, retryMs: LOCK_RETRY_MS };
  }
}

/** What an image takes in the store: all its layers and its config. */
export function sizeOf({ config, layers }: Manifest): number {
  return layers.reduce((sum, { size }) => sum + size, config.size);
}
