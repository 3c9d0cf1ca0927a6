import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { type Header, type Pack, pack } from "tar-stream";
import { FleetError } from "../../core/std/errors.ts";
import type { BlobFolder } from "./blob-folder.ts";
import { type Descriptor, LAYER_TYPE } from "./oci.ts";

/** One thing in a layer; paths are relative to the image's root, without `/` at either end. */
export type LayerEntry =
  | {
      readonly type: "directory";
      readonly path: string;
      readonly mode: number;
      readonly owner: number;
    }
  | { readonly type: "symlink"; readonly path: string; readonly target: string }
  | {
      readonly type: "file";
      readonly path: string;
      readonly mode: number;
      readonly content: Uint8Array;
    }
  | {
      readonly type: "file";
      readonly path: string;
      readonly mode: number;
      readonly from: string;
      readonly size: number;
    };

const FOLDER_MODE = 0o755;

export function directory(path: string, mode: number, owner: number): LayerEntry {
  return { type: "directory", path, mode, owner };
}

/** Later entries replace earlier ones of the same path; missing parents are added; sorted, parents first. */
export function completeEntries(entries: readonly LayerEntry[]): readonly LayerEntry[] {
  const byPath = new Map<string, LayerEntry>();
  for (const { path } of entries) {
    const words = path.split("/");
    for (let end = 1; end < words.length; end++) {
      const parent = words.slice(0, end).join("/");
      byPath.set(parent, directory(parent, FOLDER_MODE, 0));
    }
  }
  for (const entry of entries) {
    const parent = byPath.get(entry.path);
    if (
      parent?.type === "directory" &&
      entry.type !== "directory" &&
      hasChildren(entries, entry.path)
    )
      throw new FleetError("INVALID", `${entry.path} is a folder and a ${entry.type} at once`);
    byPath.set(entry.path, entry);
  }
  return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function hasChildren(entries: readonly LayerEntry[], path: string): boolean {
  return entries.some((entry) => entry.path.startsWith(`${path}/`));
}

/**
 * Puts a layer into the store: a plain tar, since compressed bytes differ between versions of zlib and cost more time
 * than they save on one machine. Sorted, time 0, owner 0: the same entries always give the same digest.
 */
export async function writeLayer(
  blobs: BlobFolder,
  entries: readonly LayerEntry[],
): Promise<Descriptor> {
  const tar = pack();
  const filling = fill(tar, completeEntries(entries));
  // A failure destroys the tar, so that the reader below ends with it.
  filling.catch((error: Error) => tar.destroy(error));
  const layer = await blobs.putStream(LAYER_TYPE, Readable.from(tar));
  await filling;
  return layer;
}

async function fill(tar: Pack, entries: readonly LayerEntry[]): Promise<void> {
  for (const entry of entries) await put(tar, entry);
  tar.finalize();
}

function put(tar: Pack, entry: LayerEntry): Promise<void> {
  const header = headerOf(entry);
  return new Promise((resolve, reject) => {
    const done = (error?: Error | null): void => (error ? reject(error) : resolve());
    if (entry.type !== "file") tar.entry(header, done);
    else if ("content" in entry) tar.entry(header, Buffer.from(entry.content), done);
    else {
      const sink = tar.entry(header, done);
      const source = createReadStream(entry.from, { highWaterMark: 1 << 20 });
      source.on("error", (error) => sink.destroy(error));
      source.pipe(sink as unknown as NodeJS.WritableStream);
    }
  });
}

function headerOf(entry: LayerEntry): Partial<Header> & Pick<Header, "name"> {
  const { path: name, type } = entry;
  const common = { name, type, mtime: new Date(0), uid: 0, gid: 0, uname: "", gname: "" };
  switch (entry.type) {
    case "directory":
      return { ...common, mode: entry.mode, size: 0, uid: entry.owner, gid: entry.owner };
    case "symlink":
      return { ...common, mode: 0o777, size: 0, linkname: entry.target };
    case "file": {
      const size = "content" in entry ? entry.content.length : entry.size;
      return { ...common, mode: entry.mode, size };
    }
  }
}
