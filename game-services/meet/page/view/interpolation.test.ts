import { describe, expect, it } from "vitest";
import { isWalkingAt, positionAt, type Sample, withSample } from "./interpolation.ts";

const heard = (...samples: readonly [x: number, atMs: number][]): readonly Sample[] =>
  samples.reduce<readonly Sample[]>((all, [x, atMs]) => withSample(all, { x, y: 0, atMs }), []);

describe("somebody else on the map", () => {
  it("is shown between two positions, as far as time has come", () => {
    const samples = heard([0, 0], [1, 100], [2, 200]);
    expect([50, 100, 150, 500].map((ms) => positionAt(samples, ms).x)).toEqual([0.5, 1, 1.5, 2]);
    expect(positionAt(samples, -50).x).toBe(0);
    expect([isWalkingAt(samples, 150), isWalkingAt(samples, 500)]).toEqual([true, false]);
  });

  it("begins to walk when it does, however long it stood before", () => {
    const samples = heard([0, 0], [0, 5_000], [0.25, 10_000]);
    expect(positionAt(samples, 9_000).x).toBe(0);
    expect(positionAt(samples, 9_950).x).toBeCloseTo(0.125);
  });

  it("leaps where the game makes it leap", () => {
    expect(positionAt(heard([0, 0], [1, 100], [9, 200]), 150).x).toBe(9);
  });

  it("is remembered within a bound", () => {
    const many = Array.from({ length: 100 }, (_, i): [number, number] => [i / 4, i * 50]);
    expect(heard(...many).length).toBeLessThanOrEqual(12);
  });
});
