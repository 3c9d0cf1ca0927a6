import { basename, extname } from "node:path";
import { BUNDLE_RULES, type Bundle, bundleNode } from "./bundle.ts";
import { fileEntry } from "./folder-entries.ts";
import type { ImageFolder } from "./image-folder.ts";
import { type CachedLayer, cachedLayer } from "./layer-cache.ts";
import { addonLibraries, type NativeAddon } from "./native-addons.ts";
import { type LayerEntry, writeLayer } from "./write-layer.ts";

const FOLDER_IN_IMAGE = "app";
/** Path of the bundle in an image. Ends in .mjs: Node then needs no package.json to know what it is. */
export const ENTRY_IN_IMAGE: string = `${FOLDER_IN_IMAGE}/main.mjs`;

export interface BundleWish {
  readonly entry: string;
  /** Entry files of threads. */
  readonly workers: readonly string[];
  readonly stub: readonly string[];
  readonly nodeBinary: string;
}

/** The layer of a Node program: its bundle, those of its threads, and native add-ons with their libraries. */
export async function bundleLayer(images: ImageFolder, wish: BundleWish): Promise<CachedLayer> {
  const { entry, workers, stub, nodeBinary } = wish;
  const key = { bundle: BUNDLE_RULES, entry, workers, stub, nodeBinary };
  return cachedLayer(images, key, async () => {
    const main = await bundleNode(entry, stub);
    const threads = await Promise.all(workers.map((worker) => bundleNode(worker, stub)));
    const bundles = [main, ...threads];
    const addons = bundles.flatMap((bundle) => bundle.addons);
    const libraries = await addonLibraries(addons, nodeBinary);
    const entries = [
      codeEntry(ENTRY_IN_IMAGE, main),
      ...threads.map((thread, i) => codeEntry(workerPath(workers[i] ?? ""), thread)),
      // Threads are called as their sources are, with .js, which says nothing of the kind of module.
      ...(workers.length > 0
        ? [text(`${FOLDER_IN_IMAGE}/package.json`, '{"type":"module"}\n')]
        : []),
      ...(await Promise.all(addons.map(addonEntry))),
      ...(await Promise.all(libraries.map((path) => fileEntry(path.slice(1), path)))),
    ];
    const inputs = [...bundles.flatMap((bundle) => bundle.inputs), ...libraries];
    return { layer: await writeLayer(images.blobs, entries), inputs: [...new Set(inputs)] };
  });
}

function workerPath(worker: string): string {
  return `${FOLDER_IN_IMAGE}/${basename(worker, extname(worker))}.js`;
}

function codeEntry(path: string, { code }: Bundle): LayerEntry {
  return { type: "file", path, mode: 0o644, content: code };
}

function text(path: string, content: string): LayerEntry {
  return { type: "file", path, mode: 0o644, content: Buffer.from(content) };
}

function addonEntry({ name, path }: NativeAddon): Promise<LayerEntry> {
  return fileEntry(`${FOLDER_IN_IMAGE}/${name}`, path);
}
