import { FleetError } from "../../core/std/errors.ts";

/** What is counted of a user: assets and bytes of thumbnails; `kept` ones with those that are deleted. */
export interface Sizes {
  readonly count: number;
  readonly bytes: number;
  readonly kept_count: number;
  readonly kept_bytes: number;
}

/** A change of an asset that is counted already and may not be written yet. */
export interface Pending {
  readonly op: string;
  /** It makes the asset. */
  readonly is_new: boolean;
  readonly delta: Sizes;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface Usage extends Sizes {
  /** By asset: one at a time for each. */
  readonly pending: Readonly<Record<string, Pending>>;
}

export interface QuotaLimits {
  readonly countMax: number;
  readonly bytesMax: number;
}

export const NO_USE: Usage = { count: 0, bytes: 0, kept_count: 0, kept_bytes: 0, pending: {} };
/** Maps still draw what was deleted, so it is kept: so many times as much as may be there undeleted. */
const KEPT_FACTOR = 10;

/** The usage with one more change counted; FORBIDDEN when it grows over a limit. Pure. */
export function reserve(
  usage: Usage,
  asset: string,
  pending: Pending,
  { countMax, bytesMax }: QuotaLimits,
): Usage {
  const next = { ...usage, ...plus(usage, pending.delta) };
  const isOver = (size: keyof Sizes, max: number): boolean =>
    pending.delta[size] > 0 && next[size] > max;
  if (isOver("count", countMax) || isOver("kept_count", countMax * KEPT_FACTOR))
    throw new FleetError("FORBIDDEN", "too many assets");
  if (isOver("bytes", bytesMax) || isOver("kept_bytes", bytesMax * KEPT_FACTOR))
    throw new FleetError("FORBIDDEN", "too many bytes");
  return { ...next, pending: { ...usage.pending, [asset]: pending } };
}

/** The usage when it is known whether a change was made: one that was not is counted back. Pure. */
export function settle(usage: Usage, asset: string, isMade: boolean): Usage {
  const { [asset]: known, ...pending } = usage.pending;
  if (!known) return usage;
  const sizes = isMade ? {} : plus(usage, negative(known.delta));
  return { ...usage, ...sizes, pending };
}

function plus(a: Sizes, b: Sizes): Sizes {
  return {
    count: a.count + b.count,
    bytes: a.bytes + b.bytes,
    kept_count: a.kept_count + b.kept_count,
    kept_bytes: a.kept_bytes + b.kept_bytes,
  };
}

function negative({ count, bytes, kept_count, kept_bytes }: Sizes): Sizes {
  return { count: -count, bytes: -bytes, kept_count: -kept_count, kept_bytes: -kept_bytes };
}
