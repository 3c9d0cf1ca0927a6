import { describe, expect, it } from "vitest";
import { systemClock } from "../../core/std/clock.ts";
import { FleetError } from "../../core/std/errors.ts";
import { LinkBatcher } from "./link-batcher.ts";

const OPTIONS = {
  batchMax: 3,
  queueMax: 100,
  weightMax: 1000,
  weightOf: (item: number) => item,
  backoff: { firstMs: 0, factor: 1, maxMs: 0 },
  clock: systemClock,
};
type Send = (items: readonly number[]) => Promise<readonly string[]>;
const batcher = (send: Send): LinkBatcher<number, string> => new LinkBatcher({ ...OPTIONS, send });
const echo: Send = async (items) => items.map((item) => `r${item}`);

describe("a batcher", () => {
  it("sends one request at a time, each as full as may be, and everyone gets their own result", async () => {
    const sent: string[] = [];
    let underWay = 0;
    using batches = batcher(async (items) => {
      expect(++underWay).toBe(1);
      sent.push(items.join());
      await systemClock.sleep(1);
      underWay--;
      return await echo(items);
    });
    const results = await Promise.all([1, 2, 3, 4, 5].map((item) => batches.add(item)));
    expect(results).toEqual(["r1", "r2", "r3", "r4", "r5"]);
    expect(sent).toEqual(["1,2,3", "4,5"]);
    expect(await batches.add(6)).toBe("r6");
  });

  it("tries the same batch again while the other side is away, and keeps the order", async () => {
    const sent: string[] = [];
    let failures = 4;
    using batches = batcher(async (items) => {
      sent.push(items.join());
      if (failures-- > 0) throw new FleetError("UNAVAILABLE", "away");
      return await echo(items);
    });
    await Promise.all([1, 2, 3, 4].map((item) => batches.add(item)));
    expect(sent).toEqual(["1,2,3", "1,2,3", "1,2,3", "1,2,3", "1,2,3", "4"]);
  });

  it("gives up a batch that is refused for good, and goes on with the next", async () => {
    using batches = batcher(async (items) => {
      if (items.includes(1)) throw new FleetError("FORBIDDEN", "no");
      return await echo(items);
    });
    const ends = await Promise.allSettled([1, 2, 3, 4].map((item) => batches.add(item)));
    expect(ends.map(({ status }) => status)).toEqual([
      "rejected",
      "rejected",
      "rejected",
      "fulfilled",
    ]);
  });

  it("sends without the one that is at fault what would otherwise be refused with it", async () => {
    const sent: string[] = [];
    using batches = batcher(async (items) => {
      sent.push(items.join());
      if (items.includes(2)) throw new FleetError("BAD_REQUEST", "2 is none");
      return await echo(items);
    });
    const ends = await Promise.allSettled([1, 2, 3, 4].map((item) => batches.add(item)));
    expect(ends.map(({ status }) => status)).toEqual([
      "fulfilled",
      "rejected",
      "fulfilled",
      "fulfilled",
    ]);
    expect(sent).toEqual(["1,2,3", "1,2", "1", "2", "3", "4"]);
  });

  it("makes no request heavier than may be, but for one heavy item", async () => {
    const sent: string[] = [];
    using batches = batcher(async (items) => {
      sent.push(items.join());
      return await echo(items);
    });
    await Promise.all([400, 600, 1, 5000, 1, 2].map((item) => batches.add(item)));
    expect(sent).toEqual(["400,600", "1", "5000", "1,2"]);
  });

  it("refuses an answer with another number of results", async () => {
    using batches = batcher(async () => []);
    await expect(batches.add(1)).rejects.toMatchObject({ code: "INTERNAL" });
  });
});
