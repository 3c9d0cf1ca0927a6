import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FleetError } from "../../core/std/errors.ts";
import { isObject } from "../../core/std/json.ts";
import { replaceFile } from "../../runtime/linux/replace-file.ts";

export const STAMP_FILE = "state.json";

/** Which format a state folder has, and the release that brought it there. */
export interface Stamp {
  readonly format: number;
  readonly writtenBy: string;
}

/** The stamp of a folder; format 0 when it has none, as before there were stamps. FAILED_PRECONDITION when it cannot be read. */
export function readStamp(folder: string): Stamp {
  const file = join(folder, STAMP_FILE);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return { format: 0, writtenBy: "" };
  }
  const stamp = parsed(text);
  if (stamp) return stamp;
  throw new FleetError("FAILED_PRECONDITION", `${file} is not what flotilla writes`, {
    next: "put it back from a backup of the state folder",
  });
}

function parsed(text: string): Stamp | undefined {
  try {
    const read: unknown = JSON.parse(text);
    if (!isObject(read)) return undefined;
    const { format, writtenBy } = read;
    const isFine = Number.isInteger(format) && Number(format) >= 0 && typeof writtenBy === "string";
    return isFine ? { format: Number(format), writtenBy } : undefined;
  } catch {
    return undefined;
  }
}

export async function writeStamp(folder: string, stamp: Stamp): Promise<void> {
  await replaceFile(join(folder, STAMP_FILE), 0o644, textOf(stamp));
}

/** Stamps a folder in which nothing is yet: there is nothing to bring forward. */
export function stampNew(folder: string, stamp: Stamp): void {
  writeFileSync(join(folder, STAMP_FILE), textOf(stamp), { mode: 0o644 });
}

function textOf({ format, writtenBy }: Stamp): string {
  return `${JSON.stringify({ format, writtenBy })}\n`;
}

/** FAILED_PRECONDITION when a newer release has written the folder. */
export function refuseNewer(folder: string, { format, writtenBy }: Stamp, known: number): void {
  if (format <= known) return;
  const message = `${folder} has format ${format}, written by flotilla ${writtenBy}; this release knows up to ${known}`;
  throw new FleetError("FAILED_PRECONDITION", message, {
    next: `use flotilla ${writtenBy} or newer, or go back with what the upgrade kept: \`flotilla upgrade --rollback\``,
  });
}
