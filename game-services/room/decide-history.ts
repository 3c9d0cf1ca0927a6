import type { Edit, EditWord, MapContent, MapHead } from "./collections.ts";
import { isListed } from "./decide-access.ts";

/** Who changes something, and when (milliseconds since 1970). */
export interface Change {
  readonly by: string;
  readonly at: number;
}

/** A head that is to be, and contents that no head leads to after that. */
export interface NextHead {
  readonly head: MapHead;
  readonly dropped: readonly string[];
}

/** Characters of the old contents of one map that can be had again: fifty of most maps, a dozen of the largest. */
export const PAST_CHARS_MAX = 4_194_304;

/**
 * Another content; what was undone before cannot be redone any more. Of old contents `keepMax` can be had again, fewer
 * where they are large.
 */
export function edited(
  before: MapHead,
  next: {
    readonly ref: string;
    readonly chars: number;
    readonly content: MapContent;
    readonly what: EditWord;
  },
  { by, at }: Change,
  keepMax: number,
): NextHead {
  const version = before.version + 1;
  const { ref, chars, what } = next;
  const current: Edit = { ref, chars, version, at, by, what };
  const undo = newestOf([...before.undo, before.current], keepMax);
  const head = { ...before, version, updated_at: at, current, undo, redo: [] };
  return { head: named(head, next.content), dropped: gone(before, head) };
}

function newestOf(all: readonly Edit[], keepMax: number): readonly Edit[] {
  let [first, chars] = [all.length, 0];
  while (first > 0 && all.length - first < keepMax) {
    chars += all[first - 1]?.chars ?? 0;
    if (chars > PAST_CHARS_MAX) break;
    first -= 1;
  }
  return all.slice(first);
}

/** One step back or on; undefined when there is none. What the head leaves can be had again by the other way. */
export function stepped(
  before: MapHead,
  way: "undo" | "redo",
  content: MapContent,
  at: number,
): NextHead | undefined {
  const current = before[way].at(-1);
  if (!current) return undefined;
  const other = way === "undo" ? "redo" : "undo";
  const stacks = { [way]: before[way].slice(0, -1), [other]: [...before[other], before.current] };
  const head = { ...before, ...stacks, version: before.version + 1, updated_at: at, current };
  return { head: named(head, content), dropped: [] };
}

/** Everything but the content: a change of it is a new version that cannot be undone. */
export type Settings = Partial<Pick<MapHead, "access" | "published" | "members">> & {
  /** Undefined takes the link away. */
  readonly link?: string | undefined;
};

export function changed(
  before: MapHead,
  settings: Settings,
  at: number,
  version: number = before.version + 1,
): MapHead {
  const { listed_at: since, link, ...rest } = { ...before, ...settings };
  return {
    ...{ ...rest, version, updated_at: at },
    ...(isListed(rest) ? { listed_at: since ?? at } : {}),
    ...(link === undefined ? {} : { link }),
  };
}

/** All contents that a head leads to. */
export function refsOf({ undo, current, redo }: MapHead): readonly string[] {
  return [...undo, current, ...redo].map(({ ref }) => ref);
}

function named(head: MapHead, { name, width, height }: MapContent): MapHead {
  return { ...head, name, width, height };
}

function gone(before: MapHead, after: MapHead): readonly string[] {
  const kept = new Set(refsOf(after));
  return refsOf(before).filter((ref) => !kept.has(ref));
}
