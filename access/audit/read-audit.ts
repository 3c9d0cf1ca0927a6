import { setImmediate as turn } from "node:timers/promises";
import type { AuditLog } from "./audit-log.ts";
import { type AuditRecord, isRecord, readLine } from "./audit-record.ts";
import type { SegmentPlace } from "./recover-audit.ts";
import { readSegmentLines, segmentPath } from "./segment-files.ts";

export interface AuditQuery {
  /** Parts of what stands there. */
  readonly who?: string;
  readonly action?: string;
  readonly target?: string;
  /** Milliseconds since 1970. */
  readonly fromMs?: number;
  readonly toMs?: number;
  /** Only records with a smaller number. */
  readonly before?: number;
}
export interface AuditPage {
  readonly items: readonly AuditRecord[];
  /** The `before` of the next page; absent at the end. */
  readonly next?: number;
}
/** Segments that one page looks through at most; a page that found little says where to go on. */
const SEGMENTS_MAX = 32;

/** A page of what is kept, the newest first. */
export async function readAuditPage(
  log: Pick<AuditLog, "folder" | "segments">,
  query: AuditQuery,
  limit: number,
): Promise<AuditPage> {
  const items: AuditRecord[] = [];
  const places = placesFor(log.segments, query);
  for (const [i, place] of places.entries()) {
    if (i === SEGMENTS_MAX) return { items, next: places[i - 1]?.seq ?? 0 };
    for (const record of await newestFirst(log.folder, place)) {
      if (!matches(record, query)) continue;
      if (items.length === limit) return { items, next: items.at(-1)?.seq ?? 0 };
      items.push(record);
    }
    await turn();
  }
  return { items };
}

/** All that is kept and matches, the newest first, segment by segment. */
export async function* readAudit(
  log: Pick<AuditLog, "folder" | "segments">,
  query: AuditQuery,
): AsyncGenerator<AuditRecord> {
  for (const place of placesFor(log.segments, query))
    for (const record of await newestFirst(log.folder, place))
      if (matches(record, query)) yield record;
}

/** Newest first, without those that cannot hold what is asked for. */
function placesFor(
  segments: readonly SegmentPlace[],
  { before = Number.POSITIVE_INFINITY, toMs = Number.POSITIVE_INFINITY, fromMs = 0 }: AuditQuery,
): readonly SegmentPlace[] {
  return segments
    .filter(({ seq, atMs }, i) => {
      const endMs = segments[i + 1]?.atMs ?? Number.POSITIVE_INFINITY;
      // Clocks may be set back: a second more on either side costs little.
      return seq < before && atMs <= toMs + 1_000 && endMs >= fromMs - 1_000;
    })
    .toReversed();
}

async function newestFirst(
  folder: string,
  { segment }: SegmentPlace,
): Promise<readonly AuditRecord[]> {
  const { lines } = await readSegmentLines(segmentPath(folder, segment)).catch(
    (error: NodeJS.ErrnoException) => {
      // It went by its age meanwhile.
      if (error.code === "ENOENT") return { lines: [] as readonly string[] };
      throw error;
    },
  );
  return lines
    .flatMap((line) => {
      const value = readLine(line)?.value;
      return value && isRecord(value) ? [value] : [];
    })
    .reverse();
}

function matches(record: AuditRecord, query: AuditQuery): boolean {
  const { who, action, target, fromMs = 0, toMs = Number.POSITIVE_INFINITY, before } = query;
  return (
    (before === undefined || record.seq < before) &&
    record.atMs >= fromMs &&
    record.atMs <= toMs &&
    (who === undefined || record.who.includes(who)) &&
    (action === undefined || record.action.includes(action)) &&
    (target === undefined || record.target.includes(target))
  );
}
