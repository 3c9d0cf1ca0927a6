import type { Reason } from "../../core/model/reason.ts";
import { type Descriptor, hexOf, type Manifest } from "./oci.ts";

/** An image that somebody names or uses, as far as it could be read. */
export interface NeededImage {
  readonly digest: string;
  /** Absent where the manifest is gone, as that of a container's image may be. */
  readonly files?: { readonly manifest: Manifest; readonly diffIds: readonly string[] };
}

/** What a container was made of: its image's digest and the names of its layers' folders. */
export interface UsedImage {
  readonly digest: string;
  readonly layers: readonly string[];
}

/** A blob or an unpacked layer of the store, by its name in its folder. */
export interface StoredFile {
  readonly kind: "blob" | "layer";
  readonly name: string;
}

/** Milliseconds since 1970 when it was first found that nobody needs the file, by `keyOf`. */
export type UnusedSince = Readonly<Record<string, number>>;

export interface ClearingFacts {
  /** Images that have a name, and images that containers were made of. */
  readonly images: readonly NeededImage[];
  /** Undefined is a container that says nothing of it. */
  readonly containers: readonly (UsedImage | undefined)[];
  readonly files: readonly StoredFile[];
  readonly unusedSince: UnusedSince;
  readonly now: number;
  /** What was unused for this many milliseconds goes. */
  readonly afterMs: number;
}

export interface ClearingDecision {
  readonly go: readonly { readonly file: StoredFile; readonly because: Reason }[];
  readonly unusedSince: UnusedSince;
}

export function keyOf({ kind, name }: StoredFile): string {
  return `${kind}/${name}`;
}

/**
 * Which blobs and unpacked layers go: those that no named image has, that no container was made of, and that were found so
 * for long enough. While a container does not say what it was made of, nothing goes.
 */
export function decideClearing(facts: ClearingFacts): ClearingDecision {
  const { containers, files, unusedSince, now, afterMs } = facts;
  const needed = neededFiles(facts);
  const since: Record<string, number> = {};
  for (const file of files) {
    const key = keyOf(file);
    // A time that has not come yet was written before the clock was set back: it counts from now.
    if (!needed.has(key)) since[key] = Math.min(unusedSince[key] ?? now, now);
  }
  if (containers.includes(undefined)) return { go: [], unusedSince: since };
  const go = files.filter((file) => now - (since[keyOf(file)] ?? Infinity) >= afterMs);
  for (const file of go) delete since[keyOf(file)];
  return { go: go.map((file) => ({ file, because: "ImageUnused" })), unusedSince: since };
}

function neededFiles({ images, containers }: ClearingFacts): ReadonlySet<string> {
  const blobs: Pick<Descriptor, "digest">[] = [...images];
  const layers = containers.flatMap((used) => used?.layers ?? []);
  for (const { files } of images) {
    if (!files) continue;
    blobs.push(files.manifest.config, ...files.manifest.layers);
    // A layer may be unpacked for either kind of driver.
    const unpacked = files.diffIds.map(hexOf);
    layers.push(...unpacked.flatMap((name) => [name, `${name}${PLAIN}`]));
  }
  return new Set([
    ...blobs.map(({ digest }) => keyOf({ kind: "blob", name: hexOf(digest) })),
    ...layers.map((name) => keyOf({ kind: "layer", name })),
  ]);
}

/** Ends the names of layers whose deletions are plain files. */
export const PLAIN = ".plain";
