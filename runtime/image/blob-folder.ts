import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { access, mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Readable, Transform } from "node:stream";
import { clearLitter, replaceFileWith } from "../linux/replace-file.ts";
import { broken, type Descriptor, hexOf } from "./oci.ts";

/** JSON blobs are small; layers are streamed. */
const JSON_MAX = 4 * 1024 * 1024;

/** Passes bytes on and takes their hash on the way. */
export function hashing(hash: Hash): Transform {
  return new Transform({
    transform(chunk: Buffer, _, done): void {
      hash.update(chunk);
      done(null, chunk);
    },
  });
}

export function digestOf(bytes: Uint8Array | string): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** `blobs/sha256/<hex>`: a file's name is what its content hashes to. Files appear whole or not at all. */
export class BlobFolder {
  readonly #folder: string;

  constructor(images: string) {
    this.#folder = join(images, "blobs", "sha256");
  }

  async prepare(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await clearLitter(this.#folder);
  }

  pathOf(digest: string): string {
    return join(this.#folder, hexOf(digest));
  }

  async has({ digest, size }: Descriptor): Promise<boolean> {
    const found = await stat(this.pathOf(digest)).catch(() => undefined);
    return found?.size === size;
  }

  async put(mediaType: string, bytes: Uint8Array): Promise<Descriptor> {
    const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
    if (!(await this.has(descriptor)))
      await replaceFileWith(this.pathOf(descriptor.digest), 0o600, (file) => file.writeFile(bytes));
    return descriptor;
  }

  /** Content whose digest is known only at its end: it is written under a name of its own first. */
  async putStream(mediaType: string, content: Readable): Promise<Descriptor> {
    const hash = createHash("sha256");
    let size = 0;
    const unnamed = join(this.#folder, "unnamed");
    return replaceFileWith(
      unnamed,
      0o600,
      async (file) => {
        for await (const chunk of content as AsyncIterable<Buffer>) {
          hash.update(chunk);
          size += chunk.length;
          await file.writeFile(chunk);
        }
        return { mediaType, digest: `sha256:${hash.digest("hex")}`, size };
      },
      ({ digest }) => this.pathOf(digest),
    );
  }

  /** A JSON blob's text, verified. */
  async readText({ digest, size }: Descriptor): Promise<string> {
    if (size > JSON_MAX) throw broken(`blob ${digest} is over ${JSON_MAX} bytes`);
    const bytes = await readFile(await this.#existing(digest));
    if (digestOf(bytes) !== digest) throw broken(`blob ${digest} has other content`);
    return bytes.toString("utf8");
  }

  /** Unverified bytes: who reads them to the end compares the digest. */
  async open(digest: string): Promise<Readable> {
    return createReadStream(await this.#existing(digest), { highWaterMark: 1024 * 1024 });
  }

  async #existing(digest: string): Promise<string> {
    const path = this.pathOf(digest);
    await access(path).catch(() => {
      throw broken(`blob ${digest} is missing`);
    });
    return path;
  }
}
