import { execFile } from "node:child_process";
import { open } from "node:fs/promises";
import { promisify } from "node:util";
import { FleetError, messageOf } from "../../core/std/errors.ts";

const run = promisify(execFile);
const PROGRAM_HEADER_INTERPRETER = 3;
const HEADERS_MAX = 128;

/** The dynamic loader that an ELF program names (64 bit, little endian); undefined for a static one or another format. */
export async function interpreterOf(path: string): Promise<string | undefined> {
  await using file = await open(path, "r");
  const read = async (length: number, position: number): Promise<Buffer> => {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
    return buffer.subarray(0, bytesRead);
  };
  const header = await read(64, 0);
  if (header.length < 64 || header.toString("latin1", 0, 6) !== "\x7fELF\x02\x01") return undefined;
  const count = Math.min(header.readUInt16LE(56), HEADERS_MAX);
  const size = header.readUInt16LE(54);
  const table = await read(count * size, Number(header.readBigUInt64LE(32)));
  for (let at = 0; at + 56 <= table.length; at += Math.max(size, 56)) {
    if (table.readUInt32LE(at) !== PROGRAM_HEADER_INTERPRETER) continue;
    const offset = Number(table.readBigUInt64LE(at + 8));
    const name = await read(Math.min(Number(table.readBigUInt64LE(at + 32)), 4096), offset);
    return name.toString("utf8").replace(/\0.*$/s, "");
  }
  return undefined;
}

/** True for a program that this kind of machine could run. */
export async function isElf(path: string): Promise<boolean> {
  await using file = await open(path, "r");
  const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
  return buffer.toString("latin1") === "\x7fELF";
}

/** Paths on this host of the loader and all libraries that a program is started with; none for a static one. */
export async function sharedLibraries(path: string): Promise<readonly string[]> {
  const loader = await interpreterOf(path);
  if (loader === undefined) return [];
  try {
    const { stdout } = await run(loader, ["--list", path]);
    return [...new Set([loader, ...parseLoaderList(stdout, path)])];
  } catch (error) {
    const message = `cannot find the libraries of ${path}: ${messageOf(error)}`;
    throw new FleetError("FAILED_PRECONDITION", message, { path }, error);
  }
}

/** Lines `libm.so.6 => /lib/libm.so.6 (0x…)`; the kernel's own page and the loader's line have no arrow and a path. */
export function parseLoaderList(text: string, path: string): readonly string[] {
  return text.split("\n").flatMap((line) => {
    const [, name, target] = /^\s*(\S+) => (.*?)(?: \(0x[0-9a-f]+\))?$/.exec(line) ?? [];
    if (name === undefined || target === undefined) return [];
    if (target.startsWith("/")) return name.startsWith("/") ? [name] : [target];
    throw new FleetError(
      "FAILED_PRECONDITION",
      `${path} needs ${name}, which is not on this machine`,
    );
  });
}
