import { describe, expect, it } from "vitest";
import { type Base, chainOf } from "./chain.ts";
import { firstSegmentOf, type SegmentContent } from "./segment-files.ts";

/** Epoch and place in it, what it goes on from, and the numbers of its records. */
type Row = readonly [
  epoch: number,
  place: number,
  base: Base["after"] | undefined,
  records: string,
];

const at = (epoch: number, place: number): number => firstSegmentOf(epoch) + place - 1;

function contentOf([epoch, place, after, numbers]: Row): SegmentContent {
  const records = numbers
    .split(" ")
    .filter((number) => number !== "")
    .map((number) => ({ number: Number(number), revision: 0, text: "", end: 0 }));
  const number = Math.max(0, ...(after ?? []).map(([, last]) => last));
  return { segment: at(epoch, place), base: after && { after, number }, records };
}

function chain(folded: number, rows: readonly Row[]): { counts: string[]; needless: number[] } {
  const { contents, needless } = chainOf(rows.map(contentOf), folded);
  const counts = contents.map(
    ({ segment, records }) => `${segment}: ${records.map((r) => r.number).join(" ")}`,
  );
  return { counts, needless: [...needless] };
}

describe("the records that count", () => {
  // biome-ignore format: a table is read by its columns
  it.each<[string, number, Row[], string[], number[]]>([
    ["are all of a folder that an earlier release wrote", 0,
      [[0, 1, undefined, "1 2"], [0, 2, undefined, "3"], [0, 3, undefined, ""]],
      [`${at(0, 1)}: 1 2`, `${at(0, 2)}: 3`], [at(0, 3)]],
    ["are all of one epoch", 0,
      [[1, 1, [], "1 2"], [1, 2, undefined, "3"], [1, 3, undefined, ""]],
      [`${at(1, 1)}: 1 2`, `${at(1, 2)}: 3`], [at(1, 3)]],
    ["are not those that a deposed leader wrote behind the end that its successor found", 0,
      [[1, 1, [], "1 2 3"], [1, 2, undefined, "4"], [2, 1, [[at(1, 1), 2]], "3 4"]],
      [`${at(1, 1)}: 1 2`, `${at(2, 1)}: 3 4`], [at(1, 2)]],
    ["are those of the last leader who wrote, when the next one wrote nothing", 0,
      [[1, 1, [], "1 2 3"], [2, 1, undefined, ""]],
      [`${at(1, 1)}: 1 2 3`], [at(2, 1)]],
    ["are bounded by a leader who wrote nothing but what it goes on from", 0,
      [[1, 1, [], "1 2 3"], [2, 1, [[at(1, 1), 2]], ""]],
      [`${at(1, 1)}: 1 2`], []],
    ["are not those of a leader whom the newest one did not see", 0,
      [[1, 1, [], "1 2"], [2, 1, [[at(1, 1), 2]], "3"], [3, 1, [[at(1, 1), 2]], "3 4"]],
      [`${at(1, 1)}: 1 2`, `${at(3, 1)}: 3 4`], [at(2, 1)]],
    ["go on over three epochs", 0,
      [[1, 1, [], "1 2"], [2, 1, [[at(1, 1), 2]], "3"], [3, 1, [[at(1, 1), 2], [at(2, 1), 3]], "4"]],
      [`${at(1, 1)}: 1 2`, `${at(2, 1)}: 3`, `${at(3, 1)}: 4`], []],
    ["are those that the snapshot does not hold", 3,
      [[1, 1, [], "1 2"], [2, 1, [[at(1, 1), 2]], "3 4"]],
      [`${at(2, 1)}: 4`], [at(1, 1)]],
    ["are those of an epoch whose first segment is folded, and no older ones", 4,
      [[1, 2, undefined, "5"], [2, 2, undefined, "5 6"]],
      [`${at(2, 2)}: 5 6`], [at(1, 2)]],
  ])("%s", (_, folded, rows, counts, needless) => {
    expect(chain(folded, rows)).toEqual({ counts, needless });
  });

  it("are unknown when the newest epoch went on and does not say from what", () => {
    const rows: Row[] = [
      [1, 1, undefined, ""],
      [1, 2, undefined, "3"],
    ];
    expect(chainOf(rows.map(contentOf), 0).headless).toBe(at(1, 1));
    expect(chainOf(rows.slice(1).map(contentOf), 2).headless).toBeUndefined();
  });

  it("keep the one segment that bounds them until the next epoch has begun", () => {
    const rows: Row[] = [
      [1, 1, [], "1 2 3"],
      [2, 1, [[at(1, 1), 2]], ""],
    ];
    expect(chainOf(rows.map(contentOf), 0)).toMatchObject({ bare: at(2, 1), needless: [] });
  });
});
