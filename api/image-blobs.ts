import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { imageResourceName } from "../core/model/image.ts";
import { FleetError, isFleetError } from "../core/std/errors.ts";
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
/** An image's manifest and configuration are blobs beside its layers. */
const MANIFEST_BYTES_MAX = 4 * 1024 * 1024;
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

  /** From the first node that gives it: one that does not, or gives something else, stands in nobody's way. */
  async #take(digest: string, reference: string): Promise<void> {
    const { store, tunnels } = this.#options;
    await this.#prepare();
    const image = store.get("Image", "", imageResourceName(reference));
    if (!image) throw new FleetError("NOT_FOUND", `there is no image ${reference}`);
    let why = new FleetError("UNAVAILABLE", `no node that has image ${reference} can be reached`);
    for (const holder of image.status.nodes.filter((node) => tunnels.has(node)))
      try {
        return await this.#takeFrom(holder, digest, image.spec.sizeBytes + MANIFEST_BYTES_MAX);
      } catch (error) {
        if (!isFleetError(error)) throw error;
        why = error;
      }
    throw why;
  }

  /** A folder that could not be made now may be made the next time. */
  #prepare(): Promise<void> {
    this.#prepared ??= this.#blobs.prepare().catch((error: unknown) => {
      this.#prepared = undefined;
      throw error;
    });
    return this.#prepared;
  }

  async #takeFrom(holder: string, digest: string, bytesMax: number): Promise<void> {
    const signal = AbortSignal.timeout(TAKE_MS_MAX);
    const stream = await this.#options.tunnels.openTo(holder, { verb: "blob", digest }, signal);
    stream.end();
    const content = Readable.from(upTo(bytesMax, stream, holder), { objectMode: false });
    const kept = await this.#blobs.putStream(BLOB_TYPE, content);
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

/** A node that sends more than its image has would fill the disk that the journal is on. */
async function* upTo(
  bytesMax: number,
  content: AsyncIterable<Buffer>,
  node: string,
): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of content) {
    bytes += chunk.length;
    if (bytes > bytesMax)
      throw new FleetError(
        "UNAVAILABLE",
        `node ${node} sent more than ${bytesMax} bytes of a blob`,
      );
    yield chunk;
  }
}

async function sizeAndAge(path: string): Promise<{ size: number; mtimeMs: number }> {
  const { size = 0, mtimeMs = 0 } = (await stat(path).catch(() => undefined)) ?? {};
  return { size, mtimeMs };
}
