import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { imageResourceName } from "../core/model/image.ts";
import { FleetError } from "../core/std/errors.ts";
import { BlobFolder } from "../runtime/image/blob-folder.ts";
import type { ResourceStore } from "../store/resource-store.ts";
import type { Tunnels } from "./tunnels.ts";

export interface ImageBlobsOptions {
  readonly store: ResourceStore;
  readonly tunnels: Tunnels;
  /** Where blobs are kept, by digest. */
  readonly folder: string;
  /** Over this, the oldest go; they can be had again from the nodes. */
  readonly bytesMax: number;
}

/** A blob that takes longer is given up; others wait for it. */
const TAKE_MS_MAX = 600_000;
const BLOB_TYPE = "application/octet-stream";

/** Image blobs for the nodes, by digest: each is taken once from a node that has the image, and kept. */
export class ImageBlobs {
  readonly #options: ImageBlobsOptions;
  readonly #blobs: BlobFolder;
  readonly #underWay = new Map<string, Promise<void>>();
  #prepared: Promise<void> | undefined;

  constructor(options: ImageBlobsOptions) {
    this.#options = options;
    this.#blobs = new BlobFolder(options.folder);
  }

  /** The blob's bytes; NOT_FOUND when no image has this name, UNAVAILABLE when no node that has it can be reached. */
  async read(digest: string, reference: string): Promise<Readable> {
    if (!(await this.#has(digest))) await this.#takeOnce(digest, reference);
    return await this.#blobs.open(digest);
  }

  async #has(digest: string): Promise<boolean> {
    return (await stat(this.#blobs.pathOf(digest)).catch(() => undefined)) !== undefined;
  }

  #takeOnce(digest: string, reference: string): Promise<void> {
    const known = this.#underWay.get(digest);
    if (known) return known;
    const taken = this.#take(digest, reference).finally(() => this.#underWay.delete(digest));
    this.#underWay.set(digest, taken);
    return taken;
  }

  async #take(digest: string, reference: string): Promise<void> {
    const { store, tunnels } = this.#options;
    this.#prepared ??= this.#blobs.prepare();
    await this.#prepared;
    const image = store.get("Image", "", imageResourceName(reference));
    if (!image) throw new FleetError("NOT_FOUND", `there is no image ${reference}`);
    const holder = image.status.nodes.find((node) => tunnels.has(node));
    if (holder === undefined)
      throw new FleetError("UNAVAILABLE", `no node that has image ${reference} can be reached`);
    const stream = await tunnels.openTo(
      holder,
      { verb: "blob", digest },
      AbortSignal.timeout(TAKE_MS_MAX),
    );
    stream.end();
    const kept = await this.#blobs.putStream(BLOB_TYPE, stream);
    await this.#trim(kept.digest);
    if (kept.digest === digest) return;
    await rm(this.#blobs.pathOf(kept.digest), { force: true });
    throw new FleetError("UNAVAILABLE", `node ${holder} sent other content than blob ${digest}`);
  }

  /** Makes room for the newest. */
  async #trim(newest: string): Promise<void> {
    const folder = join(this.#options.folder, "blobs", "sha256");
    const names = await readdir(folder);
    const files = await Promise.all(
      names.map(async (name) => ({ name, ...(await sizeAndAge(join(folder, name))) })),
    );
    let bytes = files.reduce((sum, { size }) => sum + size, 0);
    for (const { name, size } of files.sort((a, b) => a.mtimeMs - b.mtimeMs)) {
      if (bytes <= this.#options.bytesMax) return;
      if (newest.endsWith(name) || name.startsWith(".")) continue;
      await rm(join(folder, name), { force: true });
      bytes -= size;
    }
  }
}

async function sizeAndAge(path: string): Promise<{ size: number; mtimeMs: number }> {
  const { size = 0, mtimeMs = 0 } = (await stat(path).catch(() => undefined)) ?? {};
  return { size, mtimeMs };
}
