import { describe, expect, it } from "vitest";
import { StepFailed, Tally } from "./tally.ts";

describe("the tally of a generator", () => {
  it("counts from when a step was due, not from when its turn came", async () => {
    let now = 100;
    const tally = new Tally(() => now);
    await tally.step(
      "ask",
      async () => {
        now = 350;
      },
      50,
    );
    expect(tally.take(0).steps.ask?.tookMs).toEqual([300]);
  });

  it("counts a failure once, at the innermost step, by its cause", async () => {
    const tally = new Tally(() => 0);
    const refused = new StepFailed("status 503: no game server is free");
    const outer = tally.step("enter", () => tally.step("ask", () => Promise.reject(refused)));
    await expect(outer).rejects.toBe(refused);
    const { steps } = tally.take(0);
    expect(steps.ask?.errors).toEqual({ "status 503: no game server is free": 1 });
    expect(steps.enter).toBeUndefined();
  });

  it("names failures of the system by their code", async () => {
    const tally = new Tally(() => 0);
    const broken = Object.assign(new Error("read"), { code: "ECONNRESET" });
    await tally.step("ask", () => Promise.reject(broken)).catch(() => undefined);
    const fetched = new TypeError("fetch failed", { cause: broken });
    await tally.step("ask", () => Promise.reject(fetched)).catch(() => undefined);
    expect(tally.take(0).steps.ask?.errors).toEqual({ ECONNRESET: 2 });
  });

  it("keeps a bounded number of causes, whatever servers say", () => {
    const tally = new Tally(() => 0);
    for (let i = 0; i < 1_000; i++) tally.failed("ask", `cause ${"x".repeat(500)} ${i}`);
    for (let i = 0; i < 1_000; i++) tally.failed("ask", `cause ${i}`);
    const errors = tally.take(0).steps.ask?.errors ?? {};
    expect(Object.keys(errors).length).toBeLessThanOrEqual(41);
    expect(Object.values(errors).reduce((a, b) => a + b)).toBe(2_000);
  });

  it("gives each second away once", () => {
    const tally = new Tally(() => 0);
    tally.took("ask", 5);
    tally.inPlay = 3;
    expect(tally.take(0)).toMatchObject({ second: 0, inPlay: 3, steps: { ask: { tookMs: [5] } } });
    expect(tally.take(1)).toEqual({ second: 1, inPlay: 3, steps: {} });
  });
});
