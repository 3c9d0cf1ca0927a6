import { expect, it } from "vitest";
import { SharedPass } from "./shared-pass.ts";

it("runs one pass for all who ask at the same time, and another for who asks while it runs", async () => {
  let runs = 0;
  const pass = new SharedPass(async () => {
    runs++;
    await Promise.resolve();
  });
  await Promise.all([pass.run(), pass.run(), pass.run()]);
  expect(runs).toBe(1);
  const first = pass.run();
  await Promise.resolve();
  const second = pass.run();
  const third = pass.run();
  await Promise.all([first, second, third]);
  expect(runs).toBe(3);
});

it("fails those who shared the pass, and goes on with the next", async () => {
  let fails = true;
  const pass = new SharedPass(async () => {
    if (fails) throw new Error("broken");
  });
  const both = await Promise.allSettled([pass.run(), pass.run()]);
  expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  fails = false;
  await expect(pass.run()).resolves.toBeUndefined();
});
