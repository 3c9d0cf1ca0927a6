import { execFile } from "node:child_process";
import { createReadStream, createWriteStream, existsSync, readFileSync, statSync } from "node:fs";
import { chmod, cp, link, mkdir, mkdtemp, rename, rm, rmdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";
import { FleetError, messageOf } from "../../core/std/errors.ts";
import { isObject } from "../../core/std/json.ts";
import { syncFolder } from "../../runtime/linux/replace-file.ts";
import { isFull } from "../../store/journal/segment-space.ts";
import { syncTree } from "../state/copy-folder.ts";
import { type DiskWish, demandRoom, toldOfRoom } from "../state/disk-room.ts";
import { PACKAGE_FOLDER } from "../version.ts";
import type { InstallLayout } from "./layout.ts";
import { bytesOfProgram, type ProgramParts } from "./program-size.ts";

const run = promisify(execFile);
const VERSION = /^\d+\.\d+\.\d+(-[\w.-]+)?(\+[\w.-]+)?$/;
/** Of a package, unpacked: ours has 8 MB. */
const UNPACKED_BYTES_MAX = 1024 * 1024 * 1024;
/** Of a clone, what `npm pack` takes; the C sources lie in one folder with tests that it leaves out. */
const PACKED = [
  "bin",
  "dist",
  join(".build", "dashboard", "page"),
  "docs",
  "examples",
  "package.json",
  "LICENSE",
  "README.md",
  "CHANGELOG.md",
];
const C_SOURCES = join("runtime", "shim");

/** The version of a package's folder. INVALID when it is none of ours. */
export function versionIn(folder: string): string {
  const file = join(folder, "package.json");
  try {
    const read: unknown = JSON.parse(readFileSync(file, "utf8"));
    const { name, version } = isObject(read) ? read : {};
    if (name === "flotilla" && typeof version === "string" && VERSION.test(version)) return version;
  } catch (error) {
    throw new FleetError("INVALID", `${folder} is no package of flotilla: ${messageOf(error)}`);
  }
  throw new FleetError("INVALID", `${file} is not flotilla's`);
}

/**
 * Puts a program, from a package's folder, a clone, or what `npm pack` makes, into `versions/<its version>` with the Node
 * that runs this; all of it is on the disk before the folder has its name. A version that is there is left as it is
 * unless `isReplaced`. Returns its version.
 */
export async function placeProgram(
  source: string,
  layout: InstallLayout,
  isReplaced: (version: string) => boolean,
): Promise<string> {
  await prepareSource(source);
  await mkdir(layout.versions, { recursive: true });
  const bytes = await bytesOfProgram(partsOf(source, layout.versions));
  const room: DiskWish = { folder: layout.versions, bytes, what: "the program" };
  let fresh = "";
  try {
    await demandRoom(room);
    fresh = await mkdtemp(join(layout.versions, ".new-"));
    const folder = join(fresh, "package");
    await bring(source, folder);
    const version = versionIn(folder);
    const place = join(layout.versions, version);
    if (existsSync(place) && !isReplaced(version)) return version;
    await bringNode(folder);
    await bringBundler(folder, [source, PACKAGE_FOLDER]);
    await chmod(fresh, 0o755);
    await syncTree(folder);
    if (existsSync(place)) await rename(place, join(fresh, "old"));
    await rename(folder, place);
    await syncFolder(layout.versions);
    return version;
  } catch (error) {
    throw await toldOfRoom(error, room);
  } finally {
    if (fresh !== "") await rm(fresh, { recursive: true, force: true });
    // One that holds other versions stays.
    await rmdir(layout.versions).catch(() => undefined);
  }
}

/** NOT_FOUND or INVALID when it is none; a clone is bundled. */
async function prepareSource(source: string): Promise<void> {
  const found = statSync(source, { throwIfNoEntry: false });
  if (!found)
    throw new FleetError("NOT_FOUND", `there is no ${source}`, {
      next: "name a folder or a .tgz of `npm pack`",
    });
  if (!found.isDirectory()) return;
  versionIn(source);
  if (existsSync(join(source, "setup.mjs"))) await bundle(source);
}

/** All that is copied for a program; its Node is none of it where a link will do. */
function partsOf(source: string, versions: string): ProgramParts {
  const isFolder = statSync(source).isDirectory();
  const own = isFolder ? [...PACKED, C_SOURCES].map((name) => join(source, name)) : [];
  const node = isLinkable(process.execPath, versions) ? [] : [process.execPath];
  return {
    paths: [...own, ...node, ...bundlerPaths([source, PACKAGE_FOLDER])],
    archive: isFolder ? undefined : source,
  };
}

async function bring(source: string, folder: string): Promise<void> {
  if (!statSync(source).isDirectory()) return await unpack(source, dirname(folder), folder);
  await mkdir(folder);
  for (const name of PACKED.filter((one) => existsSync(join(source, one))))
    await cp(join(source, name), join(folder, name), { recursive: true, verbatimSymlinks: true });
  const isSource = (path: string): boolean => !/\.ts$/.test(path);
  await cp(join(source, C_SOURCES), join(folder, C_SOURCES), { recursive: true, filter: isSource });
}

/** A clone has no program that runs without it: it is made as for `npm pack`. */
async function bundle(clone: string): Promise<void> {
  try {
    await run(process.execPath, [join(clone, "setup.mjs"), "pack"], { cwd: clone });
  } catch (error) {
    throw new FleetError(
      "FAILED_PRECONDITION",
      `cannot bundle the clone ${clone}: ${messageOf(error)}`,
    );
  }
}

/** Unpacks what `npm pack` made: plain files and folders below `package/` and nothing else. */
async function unpack(archive: string, parent: string, folder: string): Promise<void> {
  const entries = extract();
  let bytes = 0;
  const reading = (async () => {
    for await (const entry of entries) {
      const { name, type, size = 0, mode = 0o644 } = entry.header;
      const isInside = name.startsWith("package/") && !name.split("/").includes("..");
      if ((type !== "file" && type !== "directory") || !isInside)
        throw new FleetError(
          "INVALID",
          `${archive} holds ${name}, which no package of flotilla does`,
        );
      bytes += size;
      if (bytes > UNPACKED_BYTES_MAX) throw new FleetError("TOO_LARGE", `${archive} is too large`);
      const path = join(parent, name);
      await mkdir(type === "file" ? dirname(path) : path, { recursive: true });
      if (type === "file")
        await pipeline(entry, createWriteStream(path, { mode: mode & 0o111 ? 0o755 : 0o644 }));
      else entry.resume();
    }
  })();
  try {
    await Promise.all([pipeline(createReadStream(archive), createGunzip(), entries), reading]);
  } catch (error) {
    if (error instanceof FleetError || isFull(error)) throw error;
    throw new FleetError("INVALID", `cannot unpack ${archive}: ${messageOf(error)}`, {
      next: "name a folder or a .tgz of `npm pack`",
    });
  }
  if (!existsSync(folder)) throw new FleetError("INVALID", `${archive} is no package of flotilla`);
}

/**
 * The program's own Node, where its start looks for it first. It has 120 MB: a link where root alone can write it, as one
 * of another version of ours, else a copy.
 */
async function bringNode(folder: string): Promise<void> {
  const arch = process.arch === "arm64" ? "arm64" : "x64";
  const place = join(folder, "node_modules", `node-linux-${arch}`, "bin", "node");
  if (existsSync(place)) return;
  await mkdir(dirname(place), { recursive: true });
  const copy = (): Promise<void> => cp(process.execPath, place);
  const isLinked = isLinkable(process.execPath, dirname(place));
  await (isLinked ? link(process.execPath, place).catch(copy) : copy());
}

function isLinkable(file: string, folder: string): boolean {
  const { uid, mode, dev } = statSync(file);
  return uid === 0 && (mode & 0o022) === 0 && dev === statSync(folder).dev;
}

/** What images of TypeScript are built with is native, and no part of what `npm pack` makes. */
async function bringBundler(folder: string, sources: readonly string[]): Promise<void> {
  const to = join(folder, "node_modules");
  if (existsSync(join(to, "esbuild"))) return;
  for (const path of bundlerPaths(sources))
    await cp(path, join(to, basename(path)), { recursive: true });
}

function bundlerPaths(sources: readonly string[]): readonly string[] {
  const modules = sources.flatMap((source) => [join(source, "node_modules"), dirname(source)]);
  const from = modules.find((one) => existsSync(join(one, "esbuild", "package.json")));
  if (from === undefined) return [];
  return ["esbuild", "@esbuild"].map((name) => join(from, name)).filter((one) => existsSync(one));
}

/** Removes versions that neither a link nor a process needs: those that `isNeeded` does not name. Returns their names. */
export async function removeVersions(
  layout: InstallLayout,
  names: readonly string[],
  isNeeded: (name: string) => boolean,
): Promise<readonly string[]> {
  const gone = names.filter((name) => !isNeeded(basename(name)));
  for (const name of gone) await rm(join(layout.versions, name), { recursive: true, force: true });
  return gone;
}
