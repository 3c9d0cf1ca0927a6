import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Clock, systemClock } from "../../core/std/clock.ts";
import { buildImage } from "./build-image.ts";
import { type ClearedImages, clearImages } from "./clear-images.ts";
import type { UsedImage } from "./decide-clearing.ts";
import { type FolderImageStore, openImageStore } from "./folder-image-store.ts";
import { parseImageSpec } from "./image-spec.ts";
import type { ResolvedImage } from "./image-store.ts";
import { portableUnpack } from "./unpack.ts";

let root = "";
let store: FolderImageStore;
let now = 0;
const clock: Clock = { ...systemClock, now: () => now };
const HOUR = 3_600_000;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "flotilla-clear-"));
  now = Date.now();
  const unpack = portableUnpack({ entriesMax: 1_000, bytesMax: 1e8 });
  store = await openImageStore({ root, unpack, whiteouts: "files", clock: systemClock });
});
afterEach(() => rm(root, { recursive: true }));

async function build(content: string): Promise<ResolvedImage> {
  await mkdir(join(root, "files"), { recursive: true });
  await writeFile(join(root, "files", "a"), content);
  const spec = parseImageSpec({ reference: "a", folder: "files", cmd: ["/a"] });
  const host = { folder: root, nodeBinary: process.execPath, arch: process.arch };
  await buildImage(spec, { images: store.images, ...host });
  return await store.resolve("a");
}

async function clear(used: readonly (UsedImage | undefined)[] = []): Promise<ClearedImages> {
  const options = { images: store.images, root, used: async () => used, clock };
  return await clearImages({ ...options, afterMs: HOUR });
}
const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
const layersHere = (): Promise<string[]> => readdir(join(root, "layers"));
const usedOf = ({ digest, layers }: ResolvedImage): UsedImage => ({
  digest,
  layers: layers.map(nameOf),
});

it("clears the parts of an older version away an hour after it was found unused", async () => {
  const first = await build("one");
  const second = await build("two");
  expect(await clear()).toEqual({ blobs: 0, layers: 0, bytes: 0 });
  now += HOUR - 1;
  expect((await clear()).blobs).toBe(0);
  now += 1;
  // Manifest, config and the one layer that the two versions do not share.
  const cleared = await clear();
  expect(cleared).toMatchObject({ blobs: 3, layers: 1 });
  expect(cleared.bytes).toBeGreaterThan("one".length);
  expect((await layersHere()).sort()).toEqual(second.layers.map(nameOf).sort());
  expect(await readdir(join(root, "images/blobs/sha256"))).toHaveLength(4);
  expect(first.layers[0]).toBe(second.layers[0]);
  expect(await clear()).toEqual({ blobs: 0, layers: 0, bytes: 0 });
});

it("keeps all that a container was made of until the container is gone", async () => {
  const first = await build("one");
  await build("two");
  await store.images.untag("a:latest");
  const used = usedOf(first);
  await clear([used]);
  now += HOUR;
  const cleared = await clear([used]);
  expect(cleared).toMatchObject({ blobs: 3, layers: 1 });
  expect((await layersHere()).sort()).toEqual([...used.layers].sort());
  await clear();
  now += HOUR;
  expect(await clear()).toMatchObject({ blobs: 4, layers: 2 });
  expect(await layersHere()).toEqual([]);
});

it("builds and unpacks again what was cleared away, in a store that knew it", async () => {
  const first = await build("one");
  await build("two");
  await clear();
  now += HOUR;
  await clear();
  expect(await build("one")).toEqual(first);
  expect(await readdir(first.layers[1] ?? "")).toEqual(["a"]);
});

it("waits for who is about to use what is here, and leaves what that one then names", async () => {
  const first = await build("one");
  await build("two");
  await clear();
  now += HOUR;
  const used: UsedImage[] = [];
  const isIn = Promise.withResolvers<void>();
  const mayGoOn = Promise.withResolvers<void>();
  const starting = store.keepWhile(async () => {
    isIn.resolve();
    await mayGoOn.promise;
    used.push(usedOf(first));
  });
  await isIn.promise;
  const clearing = clear(used);
  await systemClock.sleep(20);
  expect(await layersHere()).toHaveLength(3);
  mayGoOn.resolve();
  await starting;
  expect(await clearing).toEqual({ blobs: 0, layers: 0, bytes: 0 });
});

it("leaves alone what has no name of a blob or a layer, and what is being written", async () => {
  await build("one");
  await writeFile(join(root, "images/blobs/sha256/README"), "mine");
  await mkdir(join(root, `layers/.tmp-${process.pid}-0-under-way`));
  await store.images.untag("a:latest");
  await clear();
  now += HOUR;
  expect(await clear()).toMatchObject({ blobs: 4, layers: 2 });
  expect(await layersHere()).toEqual([`.tmp-${process.pid}-0-under-way`]);
  expect(await readdir(join(root, "images/blobs/sha256"))).toEqual(["README"]);
});

it("clears nothing while the manifest of a named image cannot be read", async () => {
  const { digest } = await build("one");
  await writeFile(store.images.blobs.pathOf(digest), "damaged");
  const unpack = portableUnpack({ entriesMax: 1_000, bytesMax: 1e8 });
  store = await openImageStore({ root, unpack, whiteouts: "files", clock: systemClock });
  await expect(clear()).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
  expect(await layersHere()).toHaveLength(2);
});
