import { readdirSync, readFileSync, statSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { FleetError, messageOf } from "../core/std/errors.ts";
import type { ClearedImages } from "../runtime/image/clear-images.ts";
import type { ImageFolder } from "../runtime/image/image-folder.ts";

/** `image.yaml`, `x.image.yaml`: what `flotilla image build` reads; not a resource. */
export const IS_IMAGE_SPEC: RegExp = /(^|\.)image\.ya?ml$/;

export interface BuiltImage {
  readonly reference: string;
  readonly digest: string;
  /** Nothing had to be done. */
  readonly cached: boolean;
}

/** The image files that lie in the folders among `names`. */
export function imageFilesIn(names: readonly string[]): readonly string[] {
  return filesIn(names, IS_IMAGE_SPEC);
}

/** The files of one form that lie in the folders among `names`. */
export function filesIn(names: readonly string[], form: RegExp): readonly string[] {
  const folders = names.filter((name) => statSync(name, { throwIfNoEntry: false })?.isDirectory());
  return folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => form.test(file))
      .sort()
      .map((file) => join(folder, file)),
  );
}

/** Builds what the files describe into a state folder's images, one after the other. */
export async function* buildImages(
  state: string,
  files: readonly string[],
): AsyncGenerator<BuiltImage> {
  if (files.length === 0) return;
  // Only who builds needs the builder and its bundler: the others start without them.
  const { buildImage } = await import("../runtime/image/build-image.ts");
  const { parseImageSpecs } = await import("../runtime/image/image-spec.ts");
  const images = await openImages(state);
  for (const file of files) {
    const folder = resolve(dirname(file));
    for (const spec of parseImageSpecs(readSpec(file))) {
      const options = { images, folder, nodeBinary: process.execPath, arch: process.arch };
      yield await buildImage(spec, options);
    }
  }
}

/** The images of a state folder. */
export async function openImages(state: string): Promise<ImageFolder> {
  const { ImageFolder } = await import("../runtime/image/image-folder.ts");
  const { systemClock } = await import("../core/std/clock.ts");
  return await ImageFolder.open(resolve(await pathOf(state), "images"), systemClock);
}

/** Clears away at once what no named image has and no container was made of. */
export async function pruneImages(state: string): Promise<ClearedImages> {
  const { clearImages } = await import("../runtime/image/clear-images.ts");
  const { imagesInUse } = await import("../runtime/container/images-in-use.ts");
  const { systemClock: clock } = await import("../core/std/clock.ts");
  const root = await pathOf(state);
  const used = () => imagesInUse(root);
  const images = await openImages(state);
  await mkdir(resolve(root, "layers"), { recursive: true, mode: 0o700 });
  return await clearImages({ images, root, used, clock, afterMs: 0 });
}

/** The state folder, made where it is missing. */
async function pathOf(state: string): Promise<string> {
  const { openStateFolder } = await import("./up/state-folder.ts");
  return openStateFolder(state, undefined).path;
}

function readSpec(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new FleetError("INVALID", `cannot read ${file}: ${messageOf(error)}`);
  }
}
