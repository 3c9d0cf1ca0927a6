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

/** Another content; what was undone before cannot be redone any more. Of old contents `keepMax` can be had again. */
export function edited(
  before: MapHead,
  next: { readonly ref: string; readonly content: MapContent; readonly what: EditWord },
  { by, at }: Change,
  keepMax: number,
): NextHead {
  const version = before.version + 1;
  const current: Edit = { ref: next.ref, version, at, by, what: next.what };
  const all = [...before.undo, before.current];
  const undo = all.slice(Math.max(0, all.length - keepMax));
  const head = { ...before, version, updated_at: at, current, undo, redo: [] };
  return { head: named(head, next.content), dropped: gone(before, head) };
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
