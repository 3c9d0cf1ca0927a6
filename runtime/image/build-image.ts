import { resolve } from "node:path";
import { bundleLayer, ENTRY_IN_IMAGE } from "./bundle-layer.ts";
import { folderEntries } from "./folder-entries.ts";
import { namedProgramEntries } from "./host-programs.ts";
import type { ImageFolder } from "./image-folder.ts";
import type { ImageSpec } from "./image-spec.ts";
import type { ImageConfig } from "./image-store.ts";
import { type CachedLayer, cachedLayer } from "./layer-cache.ts";
import { emptyBaseLayer, GAME_USER, NODE_IN_IMAGE, nodeBaseLayer } from "./node-base.ts";
import { NODE_ENTRY_LABEL } from "./oci.ts";
import { type BuiltImage, writeImage } from "./write-image.ts";
import { writeLayer } from "./write-layer.ts";

export interface BuildOptions {
  readonly images: ImageFolder;
  /** Paths in the spec start here. */
  readonly folder: string;
  /** The Node that goes into images, such as process.execPath. */
  readonly nodeBinary: string;
  readonly arch: string;
}

const PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Builds what `spec` says and names it. Nothing is fetched; what was built before from the same files is taken again. */
export function buildImage(spec: ImageSpec, options: BuildOptions): Promise<BuiltImage> {
  return options.images.keepWhile(() => build(spec, options));
}

async function build(spec: ImageSpec, options: BuildOptions): Promise<BuiltImage> {
  const { images, arch } = options;
  const made = (await layersOf(spec, options)).filter((layer) => layer !== undefined);
  const layers = made.map(({ layer }) => layer);
  const config = configOf(spec);
  const built = await writeImage(images, { reference: spec.reference, layers, config, arch });
  return { ...built, cached: made.every(({ cached }) => cached) };
}

async function layersOf(
  spec: ImageSpec,
  options: BuildOptions,
): Promise<readonly (CachedLayer | undefined)[]> {
  const { images, folder, nodeBinary } = options;
  const base =
    spec.base === "node" ? await nodeBaseLayer(images, nodeBinary) : await emptyBaseLayer(images);
  const programs = spec.programs.length > 0 ? [await programLayer(images, spec.programs)] : [];
  const folders: CachedLayer[] = [];
  for (const { from, to } of spec.folders)
    folders.push(await folderLayer(images, resolve(folder, from), to));
  return [base, ...programs, ...folders, ...(await appLayers(spec, options))];
}

async function appLayers(
  { entry, workers, stub }: ImageSpec,
  { images, folder, nodeBinary }: BuildOptions,
): Promise<readonly CachedLayer[]> {
  if (entry === undefined) return [];
  const paths = { entry: resolve(folder, entry), workers: workers.map((w) => resolve(folder, w)) };
  return [await bundleLayer(images, { ...paths, stub, nodeBinary })];
}

/** A program list is cheap to look up again; its layer is the same when the programs are. */
async function programLayer(images: ImageFolder, names: readonly string[]): Promise<CachedLayer> {
  const entries = await namedProgramEntries(names);
  const files = entries.flatMap((entry) => ("from" in entry ? [entry.from] : []));
  return cachedLayer(images, { programs: files }, async () => ({
    layer: await writeLayer(images.blobs, entries),
    inputs: [...new Set(files)],
  }));
}

/** The key lists all entries, so a file that came, went or changed its mode is seen without reading any. */
async function folderLayer(images: ImageFolder, folder: string, to: string): Promise<CachedLayer> {
  const found = await folderEntries(folder);
  const entries = to === "" ? found : found.map((one) => ({ ...one, path: `${to}/${one.path}` }));
  return cachedLayer(images, { folder, entries }, async () => ({
    layer: await writeLayer(images.blobs, entries),
    inputs: entries.flatMap((entry) => ("from" in entry ? [entry.from] : [])),
  }));
}

function configOf(spec: ImageSpec): ImageConfig {
  const isNode = spec.entry !== undefined;
  const env = { ...(isNode ? { NODE_ENV: "production", HOME: "/home/game" } : {}), ...spec.env };
  const rows = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const nodeEntry = { [NODE_ENTRY_LABEL]: `/${ENTRY_IN_IMAGE}` };
  return {
    entrypoint: isNode ? [`/${NODE_IN_IMAGE}`, `/${ENTRY_IN_IMAGE}`] : spec.entrypoint,
    cmd: spec.cmd,
    env: rows.some((row) => row.startsWith("PATH=")) ? rows : [PATH, ...rows],
    workingDir: spec.workingDir || (isNode ? "/home/game" : "/"),
    user: spec.user || String(GAME_USER),
    labels: { ...spec.labels, ...(isNode ? nodeEntry : {}) },
  };
}
