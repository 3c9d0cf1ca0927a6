import { epochOf, firstSegmentOf, isFirstOfEpoch, type SegmentContent } from "./segment-files.ts";

/**
 * What the records of an epoch go on from: the segments before it, each with the last record of it that counts. It is the
 * first record of an epoch, so that what a deposed leader still writes behind it never counts.
 */
export interface Base {
  readonly after: readonly (readonly [segment: number, record: number])[];
}

/** Which records of the segments are the journal. */
export interface Chain {
  /** Oldest first, with those records only that count and that the snapshot does not hold. */
  readonly contents: readonly SegmentContent[];
  /** Holds nothing but a base, so it stays until the next base is on the disk. */
  readonly bare: number | undefined;
  /** Segments that nobody needs. */
  readonly needless: readonly number[];
  /** The last record that the newest base goes on from. */
  readonly atLeast: number;
  /** A segment that lacks its base although its epoch went on. */
  readonly headless: number | undefined;
}

/**
 * Follows the newest epoch in which anything was written: its own segments and what its base names. All others were left
 * by leaders who were deposed before they could answer for what is in them.
 */
export function chainOf(found: readonly SegmentContent[], folded: number): Chain {
  const newest = found.findLast(({ segment, base }) => base || !isFirstOfEpoch(segment));
  const epoch = newest ? epochOf(newest.segment) : 0;
  const first = found.find(({ segment }) => epoch > 0 && segment === firstSegmentOf(epoch));
  const bounds = new Map(first?.base?.after);
  const counting = found.map((content) => {
    const { segment } = content;
    const upTo = epochOf(segment) === epoch ? Number.POSITIVE_INFINITY : (bounds.get(segment) ?? 0);
    const records = content.records.filter(({ number }) => number > folded && number <= upTo);
    return { ...content, records };
  });
  const bare = first?.base && first.records.length === 0 ? first.segment : undefined;
  const isNeedless = ({ segment, records }: SegmentContent): boolean =>
    records.length === 0 && segment !== bare;
  return {
    contents: counting.filter(({ records }) => records.length > 0),
    bare,
    needless: counting.filter(isNeedless).map(({ segment }) => segment),
    atLeast: first?.base?.number ?? 0,
    headless: first && !first.base ? first.segment : undefined,
  };
}

/** What an epoch goes on from when it begins behind `contents`. */
export function baseOf(contents: readonly SegmentContent[]): Base {
  return {
    after: contents.map(({ segment, records }) => [segment, records.at(-1)?.number ?? 0] as const),
  };
}
