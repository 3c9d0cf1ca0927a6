import { expect, it } from "vitest";
import { SharedReads } from "./shared-reads.ts";

it("shares a read with those who asked before it began, and with nobody who came later", async () => {
  const reads = new SharedReads<number>();
  const ends: (() => void)[] = [];
  let value = 0;
  let begun = 0;
  const work = (): Promise<number> => {
    begun += 1;
    const found = value;
    return new Promise((resolve) => ends.push(() => resolve(found)));
  };
  const first = [reads.read("a", work), reads.read("a", work)];
  await new Promise(setImmediate);
  expect(begun).toBe(1);
  // It runs: what is written now may not be in it.
  value = 1;
  const second = [reads.read("a", work), reads.read("a", work)];
  await new Promise(setImmediate);
  expect(begun).toBe(1);
  ends[0]?.();
  expect(await Promise.all(first)).toEqual([0, 0]);
  await new Promise(setImmediate);
  expect(begun).toBe(2);
  ends[1]?.();
  expect(await Promise.all(second)).toEqual([1, 1]);
});

it("goes on after a read that failed, and keeps reads of different things apart", async () => {
  const reads = new SharedReads<string>();
  const failing = reads.read("a", () => Promise.reject(new Error("no")));
  const other = reads.read("b", async () => "b");
  await expect(failing).rejects.toThrow("no");
  expect([await other, await reads.read("a", async () => "again")]).toEqual(["b", "again"]);
});
