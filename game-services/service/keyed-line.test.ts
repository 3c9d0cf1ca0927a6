import { expect, it } from "vitest";
import { KeyedLine } from "./keyed-line.ts";

const never = new AbortController().signal;

it("runs one at a time for each key, in their order, and forgets keys that nobody uses", async () => {
  const line = new KeyedLine({ waitingMax: 2, full: "too many", retryAfterSeconds: 1 });
  const began: string[] = [];
  const ends: (() => void)[] = [];
  const start = (key: string, name: string): Promise<void> =>
    line.run(key, never, () => {
      began.push(name);
      return new Promise<void>((resolve) => ends.push(resolve));
    });
  const all = [start("a", "a1"), start("a", "a2"), start("b", "b1"), start("a", "a3")];
  await expect(start("a", "a4")).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect([began, line.size]).toEqual([["a1", "b1"], 2]);
  for (let i = 0; i < 4; i++) {
    ends[i]?.();
    await new Promise(setImmediate);
  }
  await Promise.all(all);
  expect([began, line.size]).toEqual([["a1", "b1", "a2", "a3"], 0]);
  await expect(line.run("a", never, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(line.size).toBe(0);
});
