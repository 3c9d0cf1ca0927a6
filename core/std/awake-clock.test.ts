import { describe, expect, it } from "vitest";
import { AwakeClock } from "./awake-clock.ts";

describe("AwakeClock", () => {
  it("counts the time between ticks that came in time", () => {
    const clock = new AwakeClock({ monotonicMs: 100, stallMs: 1000 });
    expect([clock.advance(350), clock.advance(600)]).toEqual([250, 500]);
  });

  it("does not count the time in which no tick came", () => {
    const clock = new AwakeClock({ monotonicMs: 0, stallMs: 1000 });
    clock.advance(250);
    expect([clock.advance(60_250), clock.advance(60_500)]).toEqual([250, 500]);
    expect(clock.stalledMs).toBe(60_000);
  });

  it("goes on between two ticks, but not beyond a stall", () => {
    const clock = new AwakeClock({ monotonicMs: 0, stallMs: 1000 });
    expect([clock.read(400), clock.read(90_000)]).toEqual([400, 1000]);
  });
});
