import { constants } from "node:fs";
import { chmod, lchown, link, lstat, mkdir, open, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type ExtractEvents, extract, type Header } from "tar-stream";
import { FleetError, messageOf } from "../../core/std/errors.ts";

/** Lays the content of a layer's tar into an empty folder, and nothing anywhere else. */
export type Unpack = (tar: Readable, target: string) => Promise<void>;

export interface UnpackLimits {
  readonly entriesMax: number;
  readonly bytesMax: number;
}

type Entry = ExtractEvents["entry"][1];

const PATH_MAX = 4000;
const NAME_MAX = 255;
/** Set-user-id bits mean nothing under no-new-privileges, and would mean much on the host's own disk. */
const MODE_MASK = 0o1777;

/**
 * The unpacker for machines without the shim. It believes nothing in the tar: no absolute or `..` path, nothing through
 * a symbolic link, no devices, bounded in number and size. Whiteouts stay what they are in a layer's tar, empty
 * `.wh.` files; `findInLayers` reads them.
 */
export function portableUnpack(limits: UnpackLimits): Unpack {
  return async (tar, target) => {
    const parser = extract();
    const feeding = pipeline(tar, parser);
    // Its failure ends the loop below too, which tells why.
    feeding.catch(() => undefined);
    const pass = new Unpacking(target, limits);
    try {
      for await (const entry of parser) await pass.take(entry);
      await feeding;
      await pass.finish();
    } catch (error) {
      parser.destroy();
      throw error;
    }
  };
}

function refused(name: string, why: string): FleetError {
  const shown = JSON.stringify(name.slice(0, 200));
  return new FleetError("FAILED_PRECONDITION", `layer is refused: ${shown} ${why}`, { name });
}

/** The words of a path inside the layer; none for its root. */
function wordsOf(name: string): readonly string[] {
  if (name.includes("\0")) throw refused(name, "holds a NUL");
  if (name.startsWith("/")) throw refused(name, "is absolute");
  if (Buffer.byteLength(name) > PATH_MAX) throw refused(name, `is over ${PATH_MAX} bytes`);
  const words = name.split("/").filter((word) => word !== "" && word !== ".");
  if (words.includes("..")) throw refused(name, "climbs out by ..");
  if (words.some((word) => Buffer.byteLength(word) > NAME_MAX))
    throw refused(name, `has a name over ${NAME_MAX} bytes`);
  return words;
}

class Unpacking {
  readonly #target: string;
  readonly #limits: UnpackLimits;
  /** Folders that were seen to be real ones; emptied when an entry replaces a folder. */
  readonly #folders = new Set<string>();
  /** Modes are given to folders last: one that is closed to its owner must still be filled. */
  readonly #modes: [path: string, mode: number][] = [];
  readonly #isRoot = process.getuid?.() === 0;
  #entries = 0;
  #bytes = 0;

  constructor(target: string, limits: UnpackLimits) {
    this.#target = target;
    this.#limits = limits;
  }

  async take(entry: Entry): Promise<void> {
    const { header } = entry;
    const words = wordsOf(header.name);
    this.#count(header);
    try {
      await this.#lay(words, header, entry);
    } catch (error) {
      if (error instanceof FleetError || !isPathProblem(error)) throw error;
      throw refused(header.name, `cannot be laid: ${messageOf(error)}`);
    }
    entry.resume();
  }

  async finish(): Promise<void> {
    for (const [path, mode] of this.#modes.reverse()) await chmod(path, mode);
  }

  #count({ name, size }: Header): void {
    this.#entries += 1;
    this.#bytes += size;
    if (this.#entries > this.#limits.entriesMax)
      throw refused(name, `is one entry more than ${this.#limits.entriesMax}`);
    if (this.#bytes > this.#limits.bytesMax)
      throw refused(name, `makes it over ${this.#limits.bytesMax} bytes`);
  }

  async #lay(words: readonly string[], header: Header, entry: Entry): Promise<void> {
    const mode = header.mode & MODE_MASK;
    const path = join(this.#target, ...words);
    if (words.length === 0) {
      if (header.type === "directory") this.#modes.push([path, mode]);
      return;
    }
    await this.#folder(words.slice(0, -1), header.name, true);
    switch (header.type) {
      case "directory":
        await this.#layFolder(path, mode);
        break;
      case "file":
        await this.#clear(path);
        await layFile(path, mode, header, entry);
        break;
      case "symlink":
        await this.#clear(path);
        await symlink(linkOf(header), path);
        break;
      case "link":
        await this.#layLink(path, header);
        return;
      default:
        throw refused(header.name, `is a ${header.type ?? "thing of unknown type"}`);
    }
    if (this.#isRoot) await lchown(path, header.uid, header.gid);
    if (this.#isRoot && header.type === "file") await chmod(path, mode);
  }

  async #layFolder(path: string, mode: number): Promise<void> {
    const found = await lstat(path).catch(() => undefined);
    if (!found?.isDirectory()) {
      await this.#clear(path);
      await mkdir(path, 0o755);
    }
    this.#folders.add(path);
    this.#modes.push([path, mode]);
  }

  async #layLink(path: string, header: Header): Promise<void> {
    const words = wordsOf(linkOf(header));
    await this.#folder(words.slice(0, -1), header.name, false);
    const source = join(this.#target, ...words);
    const found = await lstat(source).catch(() => undefined);
    if (!found?.isFile()) throw refused(header.name, "is a hard link to no file of this layer");
    if (source === path) return;
    await this.#clear(path);
    await link(source, path);
  }

  /** Every folder on the way must be a real one: a link there would lead the write elsewhere. */
  async #folder(words: readonly string[], name: string, make: boolean): Promise<void> {
    let path = this.#target;
    for (const word of words) {
      path = join(path, word);
      if (this.#folders.has(path)) continue;
      const found = await lstat(path).catch(() => undefined);
      if (found === undefined && make) await mkdir(path, 0o755);
      else if (!found?.isDirectory()) throw refused(name, "leads through what is no folder");
      this.#folders.add(path);
    }
  }

  async #clear(path: string): Promise<void> {
    const found = await lstat(path).catch(() => undefined);
    if (found === undefined) return;
    if (found.isDirectory()) this.#folders.clear();
    await rm(path, { recursive: true });
  }
}

function linkOf({ name, linkname }: Header): string {
  if (!linkname) throw refused(name, "is a link to nothing");
  if (linkname.includes("\0")) throw refused(name, "is a link whose target holds a NUL");
  if (Buffer.byteLength(linkname) > PATH_MAX)
    throw refused(name, "is a link with too long a target");
  return linkname;
}

async function layFile(path: string, mode: number, header: Header, entry: Entry): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  await using handle = await open(path, flags, 0o600);
  await handle.writeFile(entry as AsyncIterable<Uint8Array>);
  await handle.chmod(mode);
  await handle.utimes(header.mtime, header.mtime);
}

/** What a hostile or odd tar can cause, as opposed to a full or failing disk. */
function isPathProblem(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return ["EEXIST", "ENOTDIR", "EISDIR", "ELOOP", "ENAMETOOLONG", "EINVAL", "ENOENT"].includes(
    code,
  );
}
