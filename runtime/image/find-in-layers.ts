import type { Stats } from "node:fs";
import { lstat, readlink, realpath } from "node:fs/promises";
import { join } from "node:path";

/** As many links as the kernel follows. */
const LINKS_MAX = 40;

interface Found {
  readonly path: string;
  readonly stats: Stats;
}

/**
 * Where a path of an image is on this machine, as overlay would show it: upper layers hide lower ones, links are followed
 * inside of the image only. Undefined when it is not there. For machines without overlay, and layers whose whiteouts are
 * plain `.wh.` files.
 */
export async function findInLayers(
  layers: readonly string[],
  path: string,
): Promise<string | undefined> {
  const ahead = path.split("/");
  let behind: readonly string[] = [];
  let found: Found | undefined;
  let link: string | undefined;
  let links = 0;
  for (let word = ahead.shift(); word !== undefined; word = ahead.shift()) {
    if (word === "" || word === ".") continue;
    if (word === "..") {
      behind = behind.slice(0, -1);
      continue;
    }
    found = await lookUp(layers, behind, word);
    if (found === undefined) return undefined;
    if (!found.stats.isSymbolicLink()) {
      behind = [...behind, word];
      continue;
    }
    if (++links > LINKS_MAX) return undefined;
    if (ahead.length === 0) link = found.path;
    const target = await readlink(found.path);
    if (target.startsWith("/")) behind = [];
    ahead.unshift(...target.split("/"));
  }
  return found && (await keptName(link, found.path));
}

/** Programs such as busybox ask by which name they were called: a link that leads to the same file out here is kept. */
async function keptName(link: string | undefined, path: string): Promise<string> {
  if (link === undefined) return path;
  const outside = await realpath(link).catch(() => undefined);
  return outside === (await realpath(path)) ? link : path;
}

async function lookUp(
  layers: readonly string[],
  folder: readonly string[],
  name: string,
): Promise<Found | undefined> {
  for (const layer of layers.toReversed()) {
    const inside = join(layer, ...folder);
    const stats = await lstatOf(join(inside, name));
    if (stats) return { path: join(inside, name), stats };
    if (await isHidden(layer, folder, name)) return undefined;
  }
  return undefined;
}

/** True when this layer deletes the path, or a folder on the way to it, from the layers below. */
async function isHidden(layer: string, folder: readonly string[], name: string): Promise<boolean> {
  const words = [...folder, name];
  for (let depth = 0; depth < words.length; depth++) {
    const parent = join(layer, ...words.slice(0, depth));
    if (await lstatOf(join(parent, `.wh.${words[depth]}`))) return true;
    if (await lstatOf(join(parent, ".wh..wh..opq"))) return true;
  }
  return false;
}

async function lstatOf(path: string): Promise<Stats | undefined> {
  return lstat(path).catch(() => undefined);
}
