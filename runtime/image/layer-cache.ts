import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { isObject } from "../../core/std/json.ts";
import { replaceFile } from "../linux/replace-file.ts";
import { digestOf } from "./blob-folder.ts";
import type { ImageFolder } from "./image-folder.ts";
import type { Descriptor } from "./oci.ts";

/** A layer that was made, and the files of the host that it was made of. */
export interface MadeLayer {
  readonly layer: Descriptor;
  readonly inputs: readonly string[];
}
export interface CachedLayer {
  readonly layer: Descriptor;
  readonly cached: boolean;
}

interface Input {
  readonly path: string;
  readonly size: number;
  readonly mtimeMs: number;
  readonly sha256: string;
}

/**
 * Makes a layer, or finds the one made before: `key` says how it is made, and every file it was made of must have the
 * content it had then (same size and time, or else the same hash).
 */
export async function cachedLayer(
  images: ImageFolder,
  key: object,
  make: () => Promise<MadeLayer>,
): Promise<CachedLayer> {
  const folder = join(images.folder, "cache");
  const path = join(folder, `${digestOf(JSON.stringify(key)).slice("sha256:".length)}.json`);
  const known = parseRow(await readFile(path, "utf8").catch(() => ""));
  if (known && (await images.blobs.has(known.layer)) && (await allSame(known.inputs)))
    return { layer: known.layer, cached: true };
  const { layer, inputs } = await make();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const row = { layer, inputs: await Promise.all(inputs.map(inputOf)) };
  await replaceFile(path, 0o600, JSON.stringify(row));
  return { layer, cached: false };
}

/** A row that cannot be read is as good as none: the layer is made again. */
function parseRow(text: string): { layer: Descriptor; inputs: readonly Input[] } | undefined {
  try {
    const row: unknown = JSON.parse(text);
    if (!isObject(row) || !isObject(row.layer) || !Array.isArray(row.inputs)) return undefined;
    return row as { layer: Descriptor; inputs: readonly Input[] } & typeof row;
  } catch {
    return undefined;
  }
}

async function allSame(inputs: readonly Input[]): Promise<boolean> {
  for (const input of inputs) if (!(await isSame(input))) return false;
  return true;
}

async function isSame({ path, size, mtimeMs, sha256 }: Input): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found?.size !== size) return false;
  return found.mtimeMs === mtimeMs || (await hashFile(path)) === sha256;
}

async function inputOf(path: string): Promise<Input> {
  const { size, mtimeMs } = await stat(path);
  return { path, size, mtimeMs, sha256: await hashFile(path) };
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest("hex");
}
