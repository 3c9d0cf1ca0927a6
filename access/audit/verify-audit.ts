import { isChained, isHead, isRecord, NO_HASH, readLine } from "./audit-record.ts";
import {
  type Anchor,
  type AuditPlace,
  listSegments,
  readAnchor,
  readSegmentLines,
  segmentPath,
  soundLines,
} from "./segment-files.ts";

/** What an audit log is found to be. Without problems nothing in it was changed, moved or removed. */
export interface AuditFinding {
  readonly problems: readonly string[];
  /** What is no problem, but worth knowing. */
  readonly notes: readonly string[];
  readonly segments: number;
  readonly records: number;
  readonly firstSeq?: number;
  readonly last?: { readonly seq: number; readonly hash: string; readonly atMs: number };
}
/** A record that somebody noted elsewhere: it must be there, with this hash. */
export interface NotedRecord {
  readonly seq: number;
  readonly hash: string;
}

const PROBLEMS_MAX = 20;

/** Reads all that is kept and proves the chain. A server may be writing meanwhile. */
export async function verifyAudit(place: AuditPlace, noted?: NotedRecord): Promise<AuditFinding> {
  const anchor = await readAnchor(place.anchorFile);
  const segments = await listSegments(place.folder);
  const walk = new ChainWalk(anchor, noted);
  walk.begin(segments);
  for (const [i, segment] of segments.entries()) {
    const path = segmentPath(place.folder, segment);
    const content = await readSegmentLines(path);
    const { count, isTorn } = soundLines(content);
    const isLast = i === segments.length - 1;
    walk.segment(segment, content.lines.slice(0, isTorn ? count : content.lines.length));
    if (isTorn) walk.torn(segment, isLast);
  }
  return walk.end();
}

/** Goes along the chain, line by line, and says what does not fit. */
class ChainWalk {
  readonly #anchor: Anchor | undefined;
  readonly #noted: NotedRecord | undefined;
  readonly #problems: string[] = [];
  readonly #notes: string[] = [];
  readonly #missing = new Map<number, string>();
  #hash: string | undefined;
  #seq: number | undefined;
  #segments = 0;
  #records = 0;
  #firstSeq: number | undefined;
  #last: AuditFinding["last"];

  constructor(anchor: Anchor | undefined, noted: NotedRecord | undefined) {
    this.#anchor = anchor;
    this.#noted = noted;
    if (anchor && anchor.last.seq > 0) this.#missing.set(anchor.last.seq, anchor.last.hash);
    if (noted) this.#missing.set(noted.seq, noted.hash);
  }

  begin(segments: readonly number[]): void {
    const [first] = segments;
    if (!this.#anchor) {
      if (first !== undefined)
        this.#say("the anchor is missing: whether records are missing at either end is not known");
      return;
    }
    const wanted = this.#anchor.first.segment;
    if (first === undefined || first > wanted)
      this.#say(`segment ${wanted} is missing at the beginning`);
    for (const [i, segment] of segments.entries()) {
      const before = segments[i - 1];
      if (before !== undefined && segment !== before + 1)
        this.#say(`segment ${before + 1} is missing`);
    }
  }

  segment(segment: number, lines: readonly string[]): void {
    this.#segments += 1;
    for (const [i, text] of lines.entries()) {
      const where = `segment ${segment}, line ${i + 1}`;
      const line = readLine(text);
      if (!line) {
        this.#say(`${where}: this is no record`);
        this.#hash = undefined;
      } else if (i === 0) this.#head(where, segment, text, line);
      else this.#record(where, text, line);
    }
  }

  torn(segment: number, isLast: boolean): void {
    if (isLast)
      this.#notes.push("the last record is not whole: it is being written, or a crash cut it off");
    else this.#say(`segment ${segment}: its end was cut off`);
  }

  end(): AuditFinding {
    for (const seq of this.#missing.keys())
      if (seq < (this.#firstSeq ?? 0)) this.#say(`record ${seq} is older than all that is kept`);
      else this.#say(`record ${seq} was there and is missing, with all after it`);
    return {
      problems: this.#problems.slice(0, PROBLEMS_MAX),
      notes: this.#notes,
      segments: this.#segments,
      records: this.#records,
      ...(this.#firstSeq === undefined ? {} : { firstSeq: this.#firstSeq }),
      ...(this.#last ? { last: this.#last } : {}),
    };
  }

  #head(where: string, segment: number, text: string, { hash, value }: Line): void {
    if (!isHead(value) || value.segment !== segment) {
      this.#say(`${where}: this is not the head of the segment`);
      this.#hash = undefined;
      return;
    }
    const { previous, seq } = value;
    const { first } = this.#anchor ?? {};
    if (!isChained(previous, text)) this.#say(`${where}: the head was changed`);
    if (this.#hash !== undefined && previous !== this.#hash)
      this.#say(`${where}: it does not follow what stands before it`);
    if (first?.segment === segment && previous !== first.previous)
      this.#say(`${where}: it does not follow what was there before it`);
    if (segment === 1 && previous !== NO_HASH) this.#say(`${where}: something was before it`);
    if (this.#seq !== undefined && seq !== this.#seq + 1)
      this.#say(`${where}: record ${this.#seq + 1} is missing`);
    this.#seq = seq - 1;
    this.#hash = hash;
  }

  #record(where: string, text: string, { hash, value }: Line): void {
    if (!isRecord(value)) this.#say(`${where}: this is no record`);
    else {
      const { seq, action, atMs, message = "" } = value;
      if (this.#hash !== undefined && !isChained(this.#hash, text))
        this.#say(`${where} (record ${seq}): it was changed, or what stands before it`);
      if (this.#seq !== undefined && seq !== this.#seq + 1)
        this.#say(`${where}: record ${this.#seq + 1} is missing, ${seq} stands there`);
      if (action === DAMAGED) this.#say(`${where} (record ${seq}): ${message}`);
      if (this.#missing.get(seq) === hash) this.#missing.delete(seq);
      else if (this.#noted?.seq === seq && this.#noted.hash !== hash)
        this.#say(`record ${seq} is not the one that was noted`);
      this.#seq = seq;
      this.#records += 1;
      this.#firstSeq ??= seq;
      this.#last = { seq, hash, atMs };
    }
    this.#hash = hash;
  }

  #say(problem: string): void {
    if (this.#problems.length < PROBLEMS_MAX) this.#problems.push(problem);
  }
}
interface Line {
  readonly hash: string;
  readonly value: object;
}

/** The action of the record that says that what stood before it is not whole. */
export const DAMAGED = "audit.damaged";
