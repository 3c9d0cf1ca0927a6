import { hash } from "node:crypto";
import { isObject } from "../../core/std/json.ts";

/** What somebody did, or tried to do. */
export interface AuditEntry {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly who: string;
  /** How it showed who it is: `user`, `token`, `file`, `client`, …; `nobody` when it did not. */
  readonly kind: string;
  /** The address that the request came from. */
  readonly from: string;
  /** `fleets.scale`, `login`, `exec`. */
  readonly action: string;
  /** `default/arena` */
  readonly target: string;
  /** What was changed, by path; secrets are left out. */
  readonly before?: Readonly<Record<string, unknown>>;
  readonly after?: Readonly<Record<string, unknown>>;
  /** `ok`, or the code of the failure. */
  readonly outcome: string;
  readonly message?: string;
  /** Of what is recorded by the second: how often. */
  readonly count?: number;
}
export interface AuditRecord extends AuditEntry {
  readonly seq: number;
}
/** The first line of a segment: what came before it, so that a missing segment is found. */
export interface SegmentHead {
  readonly format: 1;
  readonly segment: number;
  /** Of the first record in it. */
  readonly seq: number;
  readonly atMs: number;
  /** Hash of the line before it, in the segment before. */
  readonly previous: string;
}

/** What stands before the first line of all. */
export const NO_HASH: string = "0".repeat(64);
const LINE = /^\{"hash":"([0-9a-f]{64})",/;

/** A line of a segment and its hash, which covers the line and all lines before it. */
export function lineOf(previous: string, value: AuditRecord | SegmentHead): ChainedLine {
  const body = JSON.stringify(value);
  const own = hashOf(previous, body);
  return { hash: own, text: `{"hash":"${own}",${body.slice(1)}\n` };
}
export interface ChainedLine {
  readonly hash: string;
  readonly text: string;
}

/** What a line (without its end) says it is; undefined when it is no whole line of ours. */
export function readLine(
  text: string,
): { readonly hash: string; readonly value: object } | undefined {
  const hash = LINE.exec(text)?.[1];
  if (hash === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (!isObject(value)) return undefined;
    const { hash: _own, ...rest } = value;
    return { hash, value: rest };
  } catch {
    return undefined;
  }
}

/** True when a line's hash is the one that follows from the line before it. */
export function isChained(previous: string, text: string): boolean {
  const hash = LINE.exec(text)?.[1];
  return hash !== undefined && hashOf(previous, `{${text.slice(HEAD_CHARS)}`) === hash;
}
const HEAD_CHARS = '{"hash":"",'.length + NO_HASH.length;

export function isHead(value: object): value is SegmentHead {
  return "segment" in value && "previous" in value;
}

export function isRecord(value: object): value is AuditRecord {
  return "seq" in value && "action" in value && !("segment" in value);
}

function hashOf(previous: string, body: string): string {
  return hash("sha256", `${previous}\n${body}`);
}
