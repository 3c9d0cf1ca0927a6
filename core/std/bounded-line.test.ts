import { expect, it } from "vitest";
import { BoundedLine } from "./bounded-line.ts";

const OPTIONS = { runningMax: 2, waitingMax: 3, full: "too many", retryAfterSeconds: 4 };
const never = new AbortController().signal;

it("runs a few at once, in the order that they came, and refuses those over the line", async () => {
  const line = new BoundedLine(OPTIONS);
  const began: number[] = [];
  const ends: (() => void)[] = [];
  const work = (i: number) => () => {
    began.push(i);
    return new Promise<void>((resolve) => ends.push(resolve));
  };
  const all = Array.from({ length: 6 }, (_, i) => line.run(work(i), never));
  await expect(all[5]).rejects.toMatchObject({
    code: "UNAVAILABLE",
    message: "too many",
    details: { retryAfterSeconds: 4 },
  });
  await new Promise(setImmediate);
  expect([began, line.waiting]).toEqual([[0, 1], 3]);
  for (let i = 0; i < 5; i++) {
    ends[i]?.();
    await new Promise(setImmediate);
  }
  await Promise.all(all.slice(0, 5));
  expect([began, line.waiting]).toEqual([[0, 1, 2, 3, 4], 0]);
});

it("gives the turn on when work fails, and forgets who gave up waiting", async () => {
  const line = new BoundedLine({ ...OPTIONS, runningMax: 1 });
  const gone = new AbortController();
  const failing = line.run(() => Promise.reject(new Error("no")), never);
  const left = line.run(() => Promise.resolve("never"), gone.signal);
  const third = line.run(() => Promise.resolve("third"), never);
  gone.abort(new Error("gone"));
  await expect(failing).rejects.toThrow("no");
  await expect(left).rejects.toThrow("gone");
  expect(await third).toBe("third");
  expect(await line.run(() => Promise.resolve("free"), never)).toBe("free");
});
