import { lstat, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../core/std/clock.ts";
import { isObject } from "../../core/std/json.ts";
import { replaceFile, temporaryBeside } from "../linux/replace-file.ts";
import {
  decideClearing,
  type NeededImage,
  type StoredFile,
  type UnusedSince,
  type UsedImage,
} from "./decide-clearing.ts";
import { IMAGES, LAYERS } from "./folder-image-store.ts";
import type { ImageFolder } from "./image-folder.ts";
import { type Descriptor, MANIFEST_TYPE } from "./oci.ts";

export interface ClearImagesOptions {
  readonly images: ImageFolder;
  /** The folder that holds `images/` and `layers/`. */
  readonly root: string;
  /** What the containers of this machine were made of; undefined stands for one that does not say. */
  readonly used: () => Promise<readonly (UsedImage | undefined)[]>;
  readonly clock: Clock;
  /** What was unused for this many milliseconds goes. */
  readonly afterMs: number;
}

export interface ClearedImages {
  readonly blobs: number;
  readonly layers: number;
  /** What their files took, blobs and unpacked layers together. */
  readonly bytes: number;
}

const SINCE_FILE = "unused.json";

/**
 * Clears away what `decideClearing` says. While others build, fetch or start it waits, and they wait for it; so all that
 * happens in that time is renaming, and the files go afterwards. UNAVAILABLE when the others never pause.
 */
export async function clearImages(options: ClearImagesOptions): Promise<ClearedImages> {
  const { images } = options;
  const away = await images.whileUnused(() => setAside(options));
  let bytes = 0;
  for (const { path } of away) {
    bytes += await bytesIn(path);
    await rm(path, { recursive: true, force: true });
  }
  const count = (kind: StoredFile["kind"]): number => away.filter((f) => f.kind === kind).length;
  return { blobs: count("blob"), layers: count("layer"), bytes };
}

interface SetAside extends StoredFile {
  readonly path: string;
}

/** Gives what goes the names of litter: when we die before it is gone, whoever comes next removes it. */
async function setAside(options: ClearImagesOptions): Promise<readonly SetAside[]> {
  const { images, root, used, clock, afterMs } = options;
  const sinceFile = join(images.folder, SINCE_FILE);
  const folders = { blob: join(root, IMAGES, "blobs", "sha256"), layer: join(root, LAYERS) };
  const containers = await used();
  const before = parseSince(await readFile(sinceFile, "utf8").catch(() => ""));
  const { go, unusedSince } = decideClearing({
    images: await neededImages(images, containers),
    containers,
    files: [...(await filesIn("blob", folders.blob)), ...(await filesIn("layer", folders.layer))],
    unusedSince: before,
    now: clock.now(),
    afterMs,
  });
  const away: SetAside[] = [];
  for (const { file } of go) {
    const path = join(folders[file.kind], file.name);
    const aside = temporaryBeside(path);
    await rename(path, aside);
    away.push({ ...file, path: aside });
  }
  if (JSON.stringify(before) !== JSON.stringify(unusedSince))
    await replaceFile(sinceFile, 0o600, JSON.stringify(unusedSince));
  return away;
}

/** A named image that cannot be read fails all of it: what it needs is not known. That of a container may be gone. */
async function neededImages(
  images: ImageFolder,
  containers: readonly (UsedImage | undefined)[],
): Promise<readonly NeededImage[]> {
  const { manifests } = await images.index();
  const read = async (descriptor: Descriptor): Promise<NeededImage> => {
    const { manifest, config } = await images.files(descriptor);
    return { digest: descriptor.digest, files: { manifest, diffIds: config.diffIds } };
  };
  const named = await Promise.all(manifests.map(read));
  const known = new Set(manifests.map(({ digest }) => digest));
  const others = new Set(
    containers.flatMap((used) => (used && !known.has(used.digest) ? [used.digest] : [])),
  );
  const unnamed = [...others].map(async (digest): Promise<NeededImage> => {
    const found = await lstat(images.blobs.pathOf(digest)).catch(() => undefined);
    if (!found) return { digest };
    return await read({ mediaType: MANIFEST_TYPE, digest, size: found.size });
  });
  return [...named, ...(await Promise.all(unnamed))];
}

/** Only what has the name of a blob or a layer: other things in the folder are not ours to clear. */
async function filesIn(kind: StoredFile["kind"], folder: string): Promise<readonly StoredFile[]> {
  const names = await readdir(folder);
  return names.filter((name) => OURS[kind].test(name)).map((name) => ({ kind, name }));
}
const OURS = { blob: /^[0-9a-f]{64}$/, layer: /^[0-9a-f]{64}(\.plain)?$/ };

/** A file that cannot be read is as good as none: what is unused counts from now. */
function parseSince(text: string): UnusedSince {
  try {
    const value: unknown = JSON.parse(text);
    const rows = isObject(value) ? Object.entries(value) : [];
    return Object.fromEntries(rows.filter((row): row is [string, number] => isTime(row[1])));
  } catch {
    return {};
  }
}

const isTime = (value: unknown): value is number => typeof value === "number" && value >= 0;

async function bytesIn(path: string): Promise<number> {
  const found = await lstat(path);
  if (!found.isDirectory()) return found.size;
  let bytes = 0;
  for (const name of await readdir(path)) bytes += await bytesIn(join(path, name));
  return bytes;
}
