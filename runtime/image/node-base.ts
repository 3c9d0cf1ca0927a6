import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { findProgram, programEntries } from "./host-programs.ts";
import type { ImageFolder } from "./image-folder.ts";
import { type CachedLayer, cachedLayer } from "./layer-cache.ts";
import { isElf } from "./shared-libraries.ts";
import { directory, type LayerEntry, writeLayer } from "./write-layer.ts";

const run = promisify(execFile);
/** Raised when the lists below change, so that no cached layer of the old kind is taken. */
const BASE_VERSION = 1;
export const NODE_IN_IMAGE = "usr/bin/node";
/** Who runs in the images that we build, unless told otherwise. */
export const GAME_USER = 1000;
const BUSYBOX_IN_IMAGE = "bin/busybox";

const text = (path: string, lines: readonly string[]): LayerEntry => ({
  type: "file",
  path,
  mode: 0o644,
  content: Buffer.from(`${lines.join("\n")}\n`),
});

/** The folders and files that C programs expect to find. */
const SKELETON: readonly LayerEntry[] = [
  ...["dev", "proc", "sys", "run", "etc"].map((path) => directory(path, 0o755, 0)),
  directory("tmp", 0o1777, 0),
  directory("root", 0o700, 0),
  directory("home/game", 0o755, GAME_USER),
  text("etc/passwd", [
    "root:x:0:0:root:/root:/bin/sh",
    `game:x:${GAME_USER}:${GAME_USER}:game:/home/game:/bin/sh`,
    "nobody:x:65534:65534:nobody:/:/bin/false",
  ]),
  text("etc/group", ["root:x:0:", `game:x:${GAME_USER}:`, "nogroup:x:65534:"]),
  text("etc/nsswitch.conf", ["passwd: files", "group: files", "hosts: files dns"]),
];

/**
 * The lower layer that all Node images share: the node binary with its libraries, the skeleton, and busybox for people who
 * look around inside. Undefined where `nodeBinary` is no Linux program: such a machine runs images without isolation,
 * with its own node.
 */
export async function nodeBaseLayer(
  images: ImageFolder,
  nodeBinary: string,
): Promise<CachedLayer | undefined> {
  if (!(await isElf(nodeBinary))) return undefined;
  const busybox = await findProgram("busybox");
  return cachedLayer(images, { base: BASE_VERSION, nodeBinary, busybox }, async () => {
    const node = await programEntries(nodeBinary, NODE_IN_IMAGE);
    const shell = busybox === undefined ? [] : await busyboxEntries(busybox);
    const entries = [...SKELETON, ...shell, ...node];
    const inputs = entries.flatMap((entry) => ("from" in entry ? [entry.from] : []));
    return { layer: await writeLayer(images.blobs, entries), inputs: [...new Set(inputs)] };
  });
}

/** What an image has that stands on nothing. */
export async function emptyBaseLayer(images: ImageFolder): Promise<CachedLayer> {
  return cachedLayer(images, { skeleton: BASE_VERSION }, async () => ({
    layer: await writeLayer(images.blobs, SKELETON),
    inputs: [],
  }));
}

/** Busybox and a link for each of its commands; links are relative, so they hold outside of the image as well. */
export async function busyboxEntries(busybox: string): Promise<readonly LayerEntry[]> {
  const { stdout } = await run(busybox, ["--list"]);
  const names = stdout.split("\n").filter((name) => /^[\w.+[-]+$/.test(name) && name !== "busybox");
  const links = names.map(
    (name) => ({ type: "symlink", path: `bin/${name}`, target: "busybox" }) as const,
  );
  return [...links, ...(await programEntries(busybox, BUSYBOX_IN_IMAGE))];
}
