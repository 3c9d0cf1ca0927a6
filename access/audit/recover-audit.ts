import { open, unlink } from "node:fs/promises";
import { isHead, isRecord, NO_HASH, readLine, type SegmentHead } from "./audit-record.ts";
import {
  type Anchor,
  type AuditPlace,
  listSegments,
  readAnchor,
  readSegmentLines,
  type SegmentLines,
  segmentPath,
  soundLines,
} from "./segment-files.ts";

/** Where one segment begins, for those who look for a record. */
export interface SegmentPlace {
  readonly segment: number;
  readonly seq: number;
  readonly atMs: number;
}
/** How an audit log goes on after a start. */
export interface Recovered {
  readonly anchor: Anchor | undefined;
  readonly segments: readonly SegmentPlace[];
  /** Of the last record. */
  readonly seq: number;
  readonly hash: string;
  /** Bytes of the last segment; undefined when the next record begins a new one. */
  readonly bytes: number | undefined;
  /** What is to be said in the log itself. */
  readonly mended?: string;
  readonly damaged?: string;
}

/**
 * Reads where the log ends. What a crash cut off in the middle of a write is removed; everything else that does not fit
 * stays as it is: the log goes on in a new segment, and says so.
 */
export async function recoverAudit(place: AuditPlace): Promise<Recovered> {
  const anchor = await readAnchor(place.anchorFile);
  const numbers = [...(await listSegments(place.folder))];
  let mended: string | undefined;
  for (;;) {
    const segment = numbers.at(-1);
    if (segment === undefined)
      return { ...endOf(anchor, undefined), segments: [], ...told(mended) };
    const path = segmentPath(place.folder, segment);
    const content = await readSegmentLines(path);
    const { count, isTorn } = soundLines(content);
    const sound = content.lines.slice(0, count);
    if (count === 0 && (isTorn || content.bytes === 0)) {
      // Not even its head was whole: nothing was ever in it.
      await unlink(path);
      numbers.pop();
      mended = "a segment that was just begun was removed";
      continue;
    }
    const bytes = content.ends[count - 1] ?? 0;
    if (isTorn) {
      await cutAt(path, bytes);
      mended = `${content.bytes - bytes} bytes of a record that was cut off were removed`;
    }
    const segments = await placesOf(place.folder, numbers);
    const isWhole = count === content.lines.length;
    const found = { ...lastOf(sound), isWhole, bytes: isWhole || isTorn ? bytes : undefined };
    return { ...endOf(anchor, found, content), segments, ...told(mended) };
  }
}

interface Found {
  readonly seq: number;
  readonly hash: string;
  readonly isWhole: boolean;
  readonly bytes: number | undefined;
}

function told(mended: string | undefined): { readonly mended?: string } {
  return mended === undefined ? {} : { mended };
}

/** What the anchor knows of is either there, or said to be missing. */
function endOf(
  anchor: Anchor | undefined,
  found: Found | undefined,
  content?: SegmentLines,
): Omit<Recovered, "segments"> {
  const { seq = 0, hash = NO_HASH, bytes } = found ?? {};
  const last = anchor?.last ?? { seq: 0, hash: NO_HASH };
  const isMissing = last.seq > seq || (last.seq === seq && last.hash !== hash);
  const isBroken = bytes === undefined && content !== undefined;
  const isLoose = anchor === undefined && seq > 0;
  if (!isMissing && !isBroken && !isLoose) return { anchor, seq, hash, bytes };
  const damaged = isLoose
    ? "the anchor was missing at this start: records may be missing at either end"
    : isMissing
      ? `records up to ${last.seq} (hash ${last.hash}) were there and were missing at this start`
      : `after record ${seq} something stood that is no record`;
  return { anchor, seq: Math.max(seq, last.seq), hash, bytes: undefined, damaged };
}

/** The last record, or what its segment says of the one before it. */
function lastOf(lines: readonly string[]): { readonly seq: number; readonly hash: string } {
  const last = readLine(lines.at(-1) ?? "");
  if (!last) return { seq: 0, hash: NO_HASH };
  if (isHead(last.value)) return { seq: last.value.seq - 1, hash: last.hash };
  return { seq: isRecord(last.value) ? last.value.seq : 0, hash: last.hash };
}

async function placesOf(
  folder: string,
  numbers: readonly number[],
): Promise<readonly SegmentPlace[]> {
  const heads = await Promise.all(numbers.map((n) => headOf(folder, n)));
  return heads.flatMap((head) =>
    head ? [{ segment: head.segment, seq: head.seq, atMs: head.atMs }] : [],
  );
}

/** The first line of a segment; undefined when it is no head, or not there. */
export async function headOf(folder: string, segment: number): Promise<SegmentHead | undefined> {
  await using file = await open(segmentPath(folder, segment), "r").catch(() => undefined);
  if (!file) return undefined;
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES_MAX), 0, HEAD_BYTES_MAX, 0);
  const [text = ""] = buffer.toString("utf8", 0, bytesRead).split("\n", 1);
  const value = readLine(text)?.value;
  return value && isHead(value) ? value : undefined;
}
const HEAD_BYTES_MAX = 512;

async function cutAt(path: string, bytes: number): Promise<void> {
  await using file = await open(path, "r+");
  await file.truncate(bytes);
  await file.sync();
}
