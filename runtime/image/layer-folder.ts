import { createHash } from "node:crypto";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { FleetError, messageOf } from "../../core/std/errors.ts";
import { clearLitter, syncFolder, temporaryBeside } from "../linux/replace-file.ts";
import { type BlobFolder, hashing } from "./blob-folder.ts";
import { PLAIN } from "./decide-clearing.ts";
import { broken, type Descriptor, hexOf } from "./oci.ts";
import { syncTree } from "./sync-tree.ts";
import type { Unpack } from "./unpack.ts";

/** How deletions of a lower layer's files are kept: overlay's own marks, or plain `.wh.` files. */
export type Whiteouts = "overlay" | "files";

export interface LayerFolderOptions {
  readonly folder: string;
  readonly blobs: BlobFolder;
  readonly unpack: Unpack;
  readonly whiteouts: Whiteouts;
}

/**
 * Each layer unpacked once, in a folder named by the digest of its tar. A layer is unpacked and hashed in one pass beside
 * its place, and gets its name only when both digests were right and all of it is on the disk.
 */
export class LayerFolder {
  readonly #options: LayerFolderOptions;
  readonly #underWay = new Map<string, Promise<string>>();

  constructor(options: LayerFolderOptions) {
    this.#options = options;
  }

  /** Makes the folder, and clears what dead processes left half done. */
  async prepare(): Promise<void> {
    const { folder } = this.#options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await clearLitter(folder);
  }

  /** The layer's folder, unpacked now if it is not there yet. Calls for one layer at once share the work. */
  ensure(layer: Descriptor, diffId: string): Promise<string> {
    const path = this.pathOf(diffId);
    const known = this.#underWay.get(path);
    if (known) return known;
    const made = this.#ensure(layer, diffId, path).finally(() => this.#underWay.delete(path));
    this.#underWay.set(path, made);
    return made;
  }

  pathOf(diffId: string): string {
    const { folder, whiteouts } = this.#options;
    return join(folder, whiteouts === "overlay" ? hexOf(diffId) : `${hexOf(diffId)}${PLAIN}`);
  }

  async #ensure(layer: Descriptor, diffId: string, path: string): Promise<string> {
    if (await isFolder(path)) return path;
    const beside = temporaryBeside(path);
    try {
      await mkdir(beside, { mode: 0o755 });
      await this.#unpack(layer, diffId, beside);
      await syncTree(beside);
      await rename(beside, path);
      await syncFolder(this.#options.folder);
    } catch (error) {
      await rm(beside, { recursive: true, force: true });
      // Another process was quicker: what it put there was verified as well.
      if (!(await isFolder(path))) throw asExpected(error, layer.digest);
    }
    return path;
  }

  async #unpack(layer: Descriptor, diffId: string, target: string): Promise<void> {
    const [packed, plain] = [createHash("sha256"), createHash("sha256")];
    const source = await this.#options.blobs.open(layer.digest);
    const tar = hashing(plain);
    const feeding = layer.mediaType.endsWith("gzip")
      ? pipeline(source, hashing(packed), createGunzip(), tar)
      : pipeline(source, hashing(packed), tar);
    feeding.catch(() => undefined);
    try {
      await this.#options.unpack(tar, target);
    } finally {
      drain(tar);
    }
    await feeding;
    if (
      `sha256:${packed.digest("hex")}` !== layer.digest ||
      `sha256:${plain.digest("hex")}` !== diffId
    )
      throw broken(`layer ${layer.digest} has other content`);
  }
}

/** Blanks after the end of a tar belong to its digest, too: they are read whether the unpacker wants them or not. */
function drain(tar: Readable): void {
  if (!tar.destroyed) tar.resume();
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

function asExpected(error: unknown, digest: string): FleetError {
  if (error instanceof FleetError) return error;
  const full =
    error instanceof Error && "code" in error && ["ENOSPC", "EDQUOT"].includes(String(error.code));
  const message = `cannot unpack layer ${digest}: ${messageOf(error)}`;
  return new FleetError(full ? "STORAGE_FULL" : "FAILED_PRECONDITION", message, { digest }, error);
}
