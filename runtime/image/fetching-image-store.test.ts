import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../core/std/clock.ts";
import { buildImage } from "./build-image.ts";
import { FetchingImageStore, type FetchingOptions } from "./fetching-image-store.ts";
import { type FolderImageStore, openImageStore } from "./folder-image-store.ts";
import { parseImageSpec } from "./image-spec.ts";
import { portableUnpack } from "./unpack.ts";

let root = "";
let builder: FolderImageStore;
let other: FolderImageStore;
let fetched: string[];
const NAME = "arena:latest";

async function open(name: string): Promise<FolderImageStore> {
  const unpack = portableUnpack({ entriesMax: 1_000, bytesMax: 1e8 });
  return await openImageStore({
    root: join(root, name),
    unpack,
    whiteouts: "files",
    clock: systemClock,
  });
}
async function build(text: string): Promise<string> {
  await writeFile(join(root, "files/map.txt"), text);
  const spec = parseImageSpec({ reference: "arena", folder: "files", cmd: ["/run"] });
  const options = { folder: root, nodeBinary: process.execPath, arch: process.arch };
  return (await buildImage(spec, { images: builder.images, ...options })).digest;
}
function storeOf(digest: string | undefined, more: Partial<FetchingOptions> = {}) {
  return new FetchingImageStore({
    local: other,
    digestOf: (reference) => (reference === NAME ? digest : undefined),
    fetchBlob: async (blob) => {
      fetched.push(blob);
      return await builder.images.blobs.open(blob);
    },
    isBuilder: false,
    ...more,
  });
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "flotilla-fetch-"));
  await mkdir(join(root, "files"));
  fetched = [];
  [builder, other] = [await open("builder"), await open("other")];
});
afterEach(() => rm(root, { recursive: true }));

describe("an image that another machine has", () => {
  it("is fetched once, however many start with it at once, and then is here", async () => {
    const digest = await build("one");
    const store = storeOf(digest);
    const all = await Promise.all(Array.from({ length: 20 }, () => store.resolve("arena")));
    expect(new Set(all.map((image) => image.digest))).toEqual(new Set([digest]));
    // Manifest, config and two layers.
    expect(fetched).toHaveLength(4);
    await store.resolve(NAME);
    expect(fetched).toHaveLength(4);
    expect(await store.list()).toEqual(await builder.list());
  });

  it("is followed to a new build, of which only what is new is fetched", async () => {
    await storeOf(await build("one")).resolve(NAME);
    const second = await build("two");
    expect((await storeOf(second).resolve(NAME)).digest).toBe(second);
    expect(fetched).toHaveLength(7);
  });

  it("is refused when its bytes are others than its digest says, and is not run", async () => {
    const digest = await build("one");
    const lie = async (blob: string): Promise<Readable> =>
      blob === digest ? await builder.images.blobs.open(blob) : Readable.from([Buffer.from("lie")]);
    await expect(storeOf(digest, { fetchBlob: lie }).resolve(NAME)).rejects.toThrow(
      "came with other content",
    );
    expect(await other.list()).toEqual([]);
    expect((await storeOf(digest).resolve(NAME)).digest).toBe(digest);
  });

  it("is not asked for where it was built: that is newer than what the control plane knows", async () => {
    await build("one");
    const store = storeOf(`sha256:${"0".repeat(64)}`, { local: builder, isBuilder: true });
    expect((await store.resolve(NAME)).reference).toBe(NAME);
    expect(fetched).toEqual([]);
  });

  it("is missing when nobody knows it", async () => {
    await expect(storeOf(undefined).resolve(NAME)).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(fetched).toEqual([]);
  });
});
