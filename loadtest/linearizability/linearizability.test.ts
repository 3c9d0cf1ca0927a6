import { expect, it } from "vitest";
import { checkHistories } from "./record.ts";

const seed = Date.now() % 1_000_000;

it(`a control plane that is killed in mid-write does one operation at a time, for all that its clients see (seed ${seed})`, async () => {
  const { allocations, rooms, kills, wrongs } = await checkHistories({
    // So many that often nothing is free, and that no seed leaves out a cut.
    ...{ histories: 1, operations: 300, clients: 8, kills: 2 },
    ...{ cuts: { cutShare: 0.1, goneMax: 2 }, waysMax: 500_000, seed },
  });
  expect(wrongs).toEqual([]);
  expect(kills).toBe(4);
  for (const sums of [allocations, rooms]) {
    expect(sums.operations).toBeGreaterThanOrEqual(300);
    expect(sums.none).toBeGreaterThan(5);
    expect(sums.cut).toBeGreaterThan(0);
  }
}, 300_000);
