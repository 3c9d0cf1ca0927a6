import { createHash } from "node:crypto";
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../core/std/clock.ts";
import { buildImage } from "./build-image.ts";
import { type FolderImageStore, openImageStore } from "./folder-image-store.ts";
import { parseImageSpec } from "./image-spec.ts";
import { CONFIG_TYPE, configToJson, LAYER_TYPE, MANIFEST_TYPE, toJson } from "./oci.ts";
import { portableUnpack } from "./unpack.ts";

let root = "";
const unpack = portableUnpack({ entriesMax: 10_000, bytesMax: 1e9 });
const open = (): Promise<FolderImageStore> =>
  openImageStore({ root: join(root, "state"), unpack, whiteouts: "files", clock: systemClock });

async function build(
  store: FolderImageStore,
  spec: Record<string, unknown>,
): Promise<Awaited<ReturnType<typeof buildImage>>> {
  const options = { folder: root, nodeBinary: process.execPath, arch: process.arch };
  return buildImage(parseImageSpec(spec), { images: store.images, ...options });
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "flotilla-image-"));
  await mkdir(join(root, "files/data"), { recursive: true });
  await writeFile(join(root, "files/run"), "#!/bin/sh\necho hello\n");
  await chmod(join(root, "files/run"), 0o755);
  await writeFile(join(root, "files/data/map.txt"), "a map");
  await symlink("data/map.txt", join(root, "files/link"));
});
afterEach(() => rm(root, { recursive: true }));

describe("an image of a folder", () => {
  it("is resolved to its unpacked layers and its config, also by a store opened later", async () => {
    const spec = {
      reference: "games/arena:v2",
      folder: "files",
      cmd: ["/run", "fast"],
      env: { MODE: 1 },
      user: 1001,
      labels: { team: "blue" },
    };
    const built = await build(await open(), spec);
    const image = await (await open()).resolve("games/arena:v2");
    expect(image).toMatchObject({ digest: built.digest, sizeBytes: built.sizeBytes });
    expect(image.config).toMatchObject({ cmd: ["/run", "fast"], user: "1001", workingDir: "/" });
    expect(image.config.env).toContain("MODE=1");
    expect(image.config.labels).toEqual({ team: "blue" });
    const [, layer = ""] = image.layers;
    expect(await readdir(layer)).toEqual(["data", "link", "run"]);
    expect(await readFile(join(layer, "link"), "utf8")).toBe("a map");
    expect((await stat(join(layer, "run"))).mode & 0o777).toBe(0o755);
  });

  it("has the same digest from the same files, whatever their times and the folder's name", async () => {
    const store = await open();
    const first = await build(store, { reference: "a", folder: "files" });
    await utimes(join(root, "files/run"), 1, 1);
    await mkdir(join(root, "other/data"), { recursive: true });
    await writeFile(join(root, "other/data/map.txt"), "a map");
    await symlink("data/map.txt", join(root, "other/link"));
    await writeFile(join(root, "other/run"), await readFile(join(root, "files/run")), {
      mode: 0o700,
    });
    const second = await build(store, { reference: "b", folder: "other" });
    expect(second.digest).toBe(first.digest);
  });

  it("is not built again when nothing changed, and is when a byte did", async () => {
    const store = await open();
    const spec = { reference: "a", folder: "files" };
    const first = await build(store, spec);
    expect(first.cached).toBe(false);
    expect(await build(store, spec)).toEqual({ ...first, cached: true });
    await writeFile(join(root, "files/data/map.txt"), "b map");
    const third = await build(store, spec);
    expect(third.cached).toBe(false);
    expect(third.digest).not.toBe(first.digest);
    await chmod(join(root, "files/run"), 0o644);
    expect((await build(store, spec)).digest).not.toBe(third.digest);
  });

  it("keeps all names when many builders write at once", async () => {
    const [even, odd] = await Promise.all([open(), open()]);
    const names = Array.from({ length: 12 }, (_, i) => `image-${i}`);
    await Promise.all(
      names.map((reference, i) => build(i % 2 === 0 ? even : odd, { reference, folder: "files" })),
    );
    const listed = await (await open()).list();
    expect(listed.map(({ reference }) => reference).sort()).toEqual(
      names.map((name) => `${name}:latest`).sort(),
    );
    const left = await readdir(join(root, "state/images"));
    expect(left.filter((name) => name.startsWith(".tmp"))).toEqual([]);
  });

  it("can be found by a short name; an unknown one names its nearest", async () => {
    const store = await open();
    await build(store, { reference: "arena", folder: "files" });
    expect((await store.resolve("arena")).reference).toBe("arena:latest");
    await expect(store.resolve("arana")).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: "there is no image arana:latest: did you mean arena:latest?",
    });
    await expect(store.resolve("../etc")).rejects.toMatchObject({ code: "INVALID" });
  });
});

describe("damage", () => {
  async function blobOf(store: FolderImageStore, index: number): Promise<string> {
    const descriptor = (await store.images.named()).get("a:latest");
    if (!descriptor) throw new Error("not built");
    const { manifest } = await store.images.files(descriptor);
    return store.images.blobs.pathOf(manifest.layers[index]?.digest ?? "");
  }

  it.each([
    ["a changed byte", (bytes: Buffer) => bytes.fill("X", 700, 701)],
    ["a torn end", (bytes: Buffer) => bytes.subarray(0, bytes.length - 2000)],
    ["an empty file", () => Buffer.alloc(0)],
    ["bytes after its end", (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(512)])],
  ])("of a layer by %s is found, and nothing of it can be run", async (_, damage) => {
    const store = await open();
    await build(store, { reference: "a", folder: "files" });
    const path = await blobOf(store, 1);
    await writeFile(path, damage(await readFile(path)));
    await expect(store.resolve("a")).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
    const layers = await readdir(join(root, "state/layers"));
    expect(layers).toHaveLength(1);
    const rebuilt = await build(await open(), { reference: "a", folder: "files" });
    expect(rebuilt.reference).toBe("a:latest");
  });

  it("of a manifest is found", async () => {
    const store = await open();
    const { digest } = await build(store, { reference: "a", folder: "files" });
    const path = store.images.blobs.pathOf(digest);
    await writeFile(path, (await readFile(path, "utf8")).replace("layers", "layerz"));
    await expect((await open()).resolve("a")).rejects.toThrow("has other content");
  });

  it("by a writer that died half way is cleared when the store is opened", async () => {
    await open();
    await mkdir(join(root, "state/layers/.tmp-4194305-abc-layer"));
    await writeFile(join(root, "state/images/blobs/sha256/.tmp-4194305-abc-unnamed"), "half");
    await mkdir(join(root, `state/layers/.tmp-${process.pid}-abc-layer`));
    await open();
    expect(await readdir(join(root, "state/images/blobs/sha256"))).toEqual([]);
    expect(await readdir(join(root, "state/layers"))).toEqual([`.tmp-${process.pid}-abc-layer`]);
  });
});

describe("an image made elsewhere", () => {
  async function put(tar: Buffer, packed: Buffer, mediaType: string): Promise<FolderImageStore> {
    const store = await open();
    const { blobs } = store.images;
    const layer = await blobs.put(mediaType, packed);
    const diffId = `sha256:${createHash("sha256").update(tar).digest("hex")}`;
    const config = { entrypoint: [], cmd: [], env: [], workingDir: "", user: "", labels: {} };
    const configFile = await blobs.put(CONFIG_TYPE, configToJson(config, [diffId], "x64"));
    const manifest = {
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: configFile,
      layers: [layer],
    };
    await store.images.tag("pulled:latest", await blobs.put(MANIFEST_TYPE, toJson(manifest)));
    return store;
  }

  async function someTar(): Promise<Buffer> {
    const store = await open();
    await build(store, { reference: "a", folder: "files" });
    const descriptor = (await store.images.named()).get("a:latest");
    const files = descriptor && (await store.images.files(descriptor));
    return readFile(store.images.blobs.pathOf(files?.manifest.layers[1]?.digest ?? ""));
  }

  it("may have gzip layers; their plain digest is checked as well", async () => {
    const tar = await someTar();
    const store = await put(tar, gzipSync(tar), `${LAYER_TYPE}+gzip`);
    const { layers } = await store.resolve("pulled");
    expect(await readFile(join(layers[0] ?? "", "data/map.txt"), "utf8")).toBe("a map");
    const lying = await put(Buffer.from("other"), gzipSync(tar), `${LAYER_TYPE}+gzip`);
    await expect(lying.resolve("pulled")).rejects.toThrow("has other content");
  });

  it("is refused when its layer is of no known kind", async () => {
    const tar = await someTar();
    const store = await put(tar, tar, "application/vnd.oci.image.layer.v1.tar+zstd");
    await expect(store.resolve("pulled")).rejects.toThrow("layer of unknown type");
  });
});
