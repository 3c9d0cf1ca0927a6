import { type FileHandle, mkdir, open, rm, stat } from "node:fs/promises";
import type { Clock } from "../../core/std/clock.ts";
import { FleetError, messageOf } from "../../core/std/errors.ts";
import type { Logger } from "../../core/std/logger.ts";
import { syncFolder } from "../../runtime/linux/replace-file.ts";
import { writeAll } from "../../runtime/linux/write-all.ts";
import { type AuditEntry, lineOf, NO_HASH } from "./audit-record.ts";
import { headOf, type Recovered, recoverAudit, type SegmentPlace } from "./recover-audit.ts";
import { type Anchor, type AuditPlace, segmentPath, writeAnchor } from "./segment-files.ts";
import { DAMAGED } from "./verify-audit.ts";

export interface AuditBounds {
  readonly segmentBytes: number;
  /** A segment that is older than this takes no more records. */
  readonly segmentAgeMs: number;
  /** The oldest segments go when all together are larger. */
  readonly bytesMax: number;
  /** A segment goes when all in it is older. */
  readonly ageMsMax: number;
  /** Records that wait for the disk; more are lost, and counted. */
  readonly waitingMax: number;
  /** The anchor is at most so far behind. */
  readonly anchorEveryMs: number;
}
export const AUDIT_BOUNDS: AuditBounds = {
  segmentBytes: 1024 * 1024,
  segmentAgeMs: 86_400_000,
  bytesMax: 256 * 1024 * 1024,
  ageMsMax: 400 * 86_400_000,
  waitingMax: 10_000,
  anchorEveryMs: 1_000,
};
export interface AuditLogOptions extends AuditPlace {
  readonly bounds: AuditBounds;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Waiting {
  readonly entry: AuditEntry;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}
interface OpenSegment {
  readonly segment: number;
  bytes: number;
  readonly startedAtMs: number;
}
/** In one write. */
const GROUP_MAX = 1_000;

/** Records of who did what, appended in groups and synced; each line's hash covers all lines before it. */
export class AuditLog implements AsyncDisposable {
  readonly #options: AuditLogOptions;
  readonly #waiting: Waiting[] = [];
  #segments: readonly SegmentPlace[];
  #seq: number;
  #hash: string;
  #open: OpenSegment | undefined;
  #anchor: Anchor | undefined;
  #anchorTimer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #anchoring: Promise<void> = Promise.resolve();
  #lost = 0;

  private constructor(options: AuditLogOptions, found: Recovered) {
    this.#options = options;
    this.#segments = found.segments;
    this.#seq = found.seq;
    this.#hash = found.hash;
    this.#anchor = found.anchor;
    const last = found.segments.at(-1);
    if (found.bytes !== undefined && last)
      this.#open = { segment: last.segment, bytes: found.bytes, startedAtMs: last.atMs };
  }

  static async open(options: AuditLogOptions): Promise<AuditLog> {
    const found = await recoverAudit(options);
    const log = new AuditLog(options, found);
    await log.#fasten();
    const { mended, damaged } = found;
    for (const [action, message] of [
      ["audit.mended", mended],
      [DAMAGED, damaged],
    ] as const) {
      if (message === undefined) continue;
      options.logger.warn({ message }, "the audit log was not as it was left");
      // Root may be given up soon: nothing of root's is left behind then.
      await log.append(log.#own(action, message)).catch(() => undefined);
    }
    return log;
  }

  /** Segments from the oldest to the newest. */
  get segments(): readonly SegmentPlace[] {
    return this.#segments;
  }
  get folder(): string {
    return this.#options.folder;
  }
  /** Number of the last record that is on the disk. */
  get seq(): number {
    return this.#seq;
  }

  /** Resolves when the record is on the disk. */
  append(entry: AuditEntry): Promise<void> {
    if (this.#waiting.length >= this.#options.bounds.waitingMax) {
      this.#lost += 1;
      return Promise.reject(new FleetError("EXHAUSTED", "too many audit records wait"));
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ entry, resolve, reject });
    this.#writing ??= this.#writeAll();
    return promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    while (this.#writing) await this.#writing;
    clearTimeout(this.#anchorTimer);
    if (this.#anchorTimer) this.#keepAnchor();
    await this.#anchoring;
  }

  async #writeAll(): Promise<void> {
    // What comes in the same turn shares the first write.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, GROUP_MAX);
      const lost = this.#lost;
      const entries = group.map(({ entry }) => entry);
      if (lost > 0) entries.unshift(this.#own("audit.lost", `${lost} records were lost`));
      try {
        await this.#write(entries);
        this.#lost -= lost;
        for (const { resolve } of group) resolve();
      } catch (error) {
        this.#lost += group.length;
        this.#options.logger.error({ because: messageOf(error) }, "cannot write the audit log");
        for (const { reject } of group) reject(error);
      }
    }
    this.#writing = undefined;
  }

  async #write(entries: readonly AuditEntry[]): Promise<void> {
    const segment = await this.#segment();
    let [seq, hash, text] = [this.#seq, this.#hash, ""];
    for (const entry of entries) {
      seq += 1;
      const line = lineOf(hash, { seq, ...entry });
      hash = line.hash;
      text += line.text;
    }
    await using file = await this.#reopen(segment);
    const content = Buffer.from(text);
    try {
      await writeAll(file, content, content.length, segment.bytes);
      await file.datasync();
    } catch (error) {
      // Half a record must not stand before the next one.
      await file.truncate(segment.bytes).catch(() => undefined);
      throw error;
    }
    segment.bytes += content.length;
    [this.#seq, this.#hash] = [seq, hash];
    this.#anchorSoon();
  }

  /** An anchor for what is there without one. */
  async #fasten(): Promise<void> {
    const [first] = this.#segments;
    if (this.#anchor || !first) return;
    const { folder, anchorFile } = this.#options;
    const previous = (await headOf(folder, first.segment))?.previous ?? NO_HASH;
    const last = { seq: 0, hash: NO_HASH };
    this.#anchor = { format: 1, first: { segment: first.segment, previous }, last };
    await writeAnchor(anchorFile, this.#anchor);
  }

  async #segment(): Promise<OpenSegment> {
    const { segmentBytes, segmentAgeMs } = this.#options.bounds;
    const now = this.#options.clock.now();
    const open = this.#open;
    if (open && open.bytes < segmentBytes && now - open.startedAtMs < segmentAgeMs) return open;
    const next = await this.#begin((this.#segments.at(-1)?.segment ?? this.#lastKnown()) + 1, now);
    await this.#retire(now);
    return next;
  }

  /** Segments that went by themselves leave their number in the anchor. */
  #lastKnown(): number {
    return (this.#anchor?.first.segment ?? 1) - 1;
  }

  /** Whoever removed the file has removed what was in it: the log goes on in another. */
  async #reopen({ segment }: OpenSegment): Promise<FileHandle> {
    try {
      return await open(segmentPath(this.#options.folder, segment), "r+");
    } catch (error) {
      this.#open = undefined;
      throw error;
    }
  }

  async #begin(segment: number, now: number): Promise<OpenSegment> {
    const { folder } = this.#options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const head = {
      format: 1,
      segment,
      seq: this.#seq + 1,
      atMs: now,
      previous: this.#hash,
    } as const;
    const line = lineOf(this.#hash, head);
    const path = segmentPath(folder, segment);
    {
      await using file = await open(path, "w", 0o600);
      await file.writeFile(line.text);
      await file.sync();
    }
    await syncFolder(folder);
    this.#open = { segment, bytes: Buffer.byteLength(line.text), startedAtMs: now };
    this.#segments = [...this.#segments, { segment, seq: head.seq, atMs: now }];
    this.#hash = line.hash;
    await this.#fasten();
    return this.#open;
  }

  /** The oldest segments go; the anchor says first from where on the chain begins. */
  async #retire(now: number): Promise<void> {
    const { folder, anchorFile, bounds } = this.#options;
    const sizes = await Promise.all(
      this.#segments.map(({ segment }) => sizeOf(segmentPath(folder, segment))),
    );
    let bytes = sizes.reduce((sum, size) => sum + size, 0);
    const gone: SegmentPlace[] = [];
    for (const [i, place] of this.#segments.entries()) {
      const next = this.#segments[i + 1];
      const isOld = next !== undefined && now - next.atMs > bounds.ageMsMax;
      if (!next || (bytes <= bounds.bytesMax && !isOld)) break;
      bytes -= sizes[i] ?? 0;
      gone.push(place);
    }
    const first = this.#segments[gone.length];
    if (gone.length === 0 || !first || !this.#anchor) return;
    const previous = (await headOf(folder, first.segment))?.previous;
    if (previous === undefined) return;
    this.#anchor = { ...this.#anchor, first: { segment: first.segment, previous } };
    await this.#anchoring;
    await writeAnchor(anchorFile, this.#anchor);
    for (const { segment } of gone) await rm(segmentPath(folder, segment), { force: true });
    this.#segments = this.#segments.slice(gone.length);
  }

  #anchorSoon(): void {
    this.#anchorTimer ??= setTimeout(
      () => this.#keepAnchor(),
      this.#options.bounds.anchorEveryMs,
    ).unref();
  }

  #keepAnchor(): void {
    this.#anchorTimer = undefined;
    if (!this.#anchor) return;
    this.#anchor = { ...this.#anchor, last: { seq: this.#seq, hash: this.#hash } };
    const anchor = this.#anchor;
    this.#anchoring = this.#anchoring
      .then(() => writeAnchor(this.#options.anchorFile, anchor))
      .catch((error: unknown) =>
        this.#options.logger.error({ because: messageOf(error) }, "cannot write the audit anchor"),
      );
  }

  #own(action: string, message: string): AuditEntry {
    const atMs = this.#options.clock.now();
    return {
      atMs,
      who: "flotilla",
      kind: "platform",
      from: "",
      action,
      target: "",
      outcome: "ok",
      message,
    };
  }
}

/** Of a file that is gone: none. Its absence is found by who verifies. */
async function sizeOf(path: string): Promise<number> {
  return await stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
