/** Which rows of a long table stand in the document: `[from, until)`, and the heights that stand for the others. */
export interface Shown {
  readonly from: number;
  readonly until: number;
  readonly above: number;
  readonly below: number;
}
const BEYOND = 8;

/** The rows that are seen, and some beyond each end. Pure. */
export function shownRows(count: number, rowPx: number, topPx: number, heightPx: number): Shown {
  const first = Math.floor(Math.max(0, topPx) / rowPx) - BEYOND;
  const from = Math.max(0, Math.min(first, count - 1));
  const until = Math.min(count, Math.ceil((Math.max(0, topPx) + heightPx) / rowPx) + BEYOND);
  return { from, until, above: from * rowPx, below: (count - until) * rowPx };
}
