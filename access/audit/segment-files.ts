import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { FleetError } from "../../core/std/errors.ts";
import { isObject } from "../../core/std/json.ts";
import { replaceFile } from "../../runtime/linux/replace-file.ts";
import { readLine } from "./audit-record.ts";

/** Where an audit log lies. The anchor is not in its folder: who loses that finds out. */
export interface AuditPlace {
  readonly folder: string;
  readonly anchorFile: string;
}

export function auditPlaceOf(serverFolder: string): AuditPlace {
  return {
    folder: join(serverFolder, "audit"),
    anchorFile: join(serverFolder, "audit-anchor.json"),
  };
}

const NAME = /^audit-(\d{12})\.ndjson$/;

export function segmentPath(folder: string, segment: number): string {
  return join(folder, `audit-${String(segment).padStart(12, "0")}.ndjson`);
}

/** The numbers of the segments in a folder, oldest first; none when there is no folder yet. */
export async function listSegments(folder: string): Promise<readonly number[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return names
    .flatMap((name) => {
      const digits = NAME.exec(name)?.[1];
      return digits === undefined ? [] : [Number(digits)];
    })
    .sort((a, b) => a - b);
}

/** Where the kept records begin and how far they had come: what a missing beginning or end is found by. */
export interface Anchor {
  readonly format: 1;
  readonly first: { readonly segment: number; readonly previous: string };
  readonly last: { readonly seq: number; readonly hash: string };
}

/** Undefined when there is none. */
export async function readAnchor(path: string): Promise<Anchor | undefined> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    const found: unknown = JSON.parse(text);
    if (isObject(found) && found.format === 1 && isObject(found.first) && isObject(found.last))
      return found as unknown as Anchor;
  } catch {
    // What is no JSON is no anchor either.
  }
  throw new FleetError("FAILED_PRECONDITION", `${path} is no anchor of an audit log`, {
    next: "restore it from a backup; without it nobody can tell whether records are missing",
  });
}

export async function writeAnchor(path: string, anchor: Anchor): Promise<void> {
  await replaceFile(path, 0o600, `${JSON.stringify(anchor)}\n`);
}

/** The whole lines of a segment, each with where it ends in bytes; what follows the last of them is no line. */
export interface SegmentLines {
  readonly lines: readonly string[];
  readonly ends: readonly number[];
  readonly bytes: number;
}

export async function readSegmentLines(path: string): Promise<SegmentLines> {
  const content = await readFile(path);
  const lines: string[] = [];
  const ends: number[] = [];
  let at = 0;
  for (let end = content.indexOf(10, at); end >= 0; end = content.indexOf(10, at)) {
    lines.push(content.toString("utf8", at, end));
    ends.push(end + 1);
    at = end + 1;
  }
  return { lines, ends, bytes: content.length };
}

/** How many lines at the beginning are whole; `isTorn` when nothing after them is: then a write was cut off. */
export function soundLines({ lines, ends, bytes }: SegmentLines): {
  readonly count: number;
  readonly isTorn: boolean;
} {
  const wrong = lines.findIndex((line) => readLine(line) === undefined);
  const count = wrong < 0 ? lines.length : wrong;
  const end = count === 0 ? 0 : (ends[count - 1] ?? 0);
  return { count, isTorn: end < bytes && !lines.slice(count).some((line) => readLine(line)) };
}
