import fc from "fast-check";
import { expect, it } from "vitest";
import { CONTAINER_METRICS } from "../../core/model/samples.ts";
import { numberOf, quantise } from "./quantise.ts";
import { Ring, type RingShape } from "./ring.ts";
import { RingMemory } from "./ring-memory.ts";
import { Series } from "./series.ts";

const SHAPE: RingShape = { width: 2, pointsMax: 10, chunkPoints: 4, isExact: true };
function filled(shape: RingShape, memory: RingMemory, points: number): Ring {
  const ring = new Ring(shape, memory);
  for (let i = 1; i <= points; i++) ring.push(Float64Array.of(i, -i));
  return ring;
}

it.each([
  ["has nothing at first", 0, []],
  ["keeps what it was given", 3, [1, 2, 3]],
  ["keeps the last ones in order when it is full", 23, [14, 15, 16, 17, 18, 19, 20, 21, 22, 23]],
])("%s", (_, points, expected) => {
  const ring = filled(SHAPE, new RingMemory(1e6), points);
  expect([...ring.column(0, 100)]).toEqual(expected);
  expect([...ring.column(1, 2)]).toEqual(expected.slice(-2).map((value) => -value));
  expect(ring.length).toBe(expected.length);
});

it("keeps less under a limit instead of taking more, and gives back what it had", () => {
  const memory = new RingMemory(2 * 4 * 4 * 2);
  const ring = filled(SHAPE, memory, 23);
  expect([...ring.column(0, 100)]).toEqual([17, 18, 19, 20, 21, 22, 23]);
  const late = filled(SHAPE, memory, 6);
  expect([...late.column(0, 100)]).toEqual([5, 6]);
  expect(memory.bytes).toBe(3 * 4 * 4 * 2);
  ring[Symbol.dispose]();
  late[Symbol.dispose]();
  expect([memory.bytes, ring.length]).toEqual([0, 0]);
});

it("keeps a container's 15 minutes and 24 hours in 125 kB", () => {
  const memory = { fine: new RingMemory(1e9), coarse: new RingMemory(1e9) };
  const coarse = CONTAINER_METRICS.slice(0, 8);
  const series = new Series({ metrics: CONTAINER_METRICS, coarse, isExact: false }, memory);
  series.latest.fill(5);
  for (let second = 1; second <= 90_000; second++) series.push(second % 15 === 0);
  expect([series.recent("cpu", 1, 1e6).length, series.recent("cpu", 15, 1e6).length]).toEqual([
    900, 5_760,
  ]);
  expect(memory.fine.bytes + memory.coarse.bytes).toBeLessThan(125_000);
});

it("tells numbers in 16 bits: whole ones to 1,500 exactly, others within 0.07 %, and what is not known as such", () => {
  for (let whole = 0; whole <= 1_500; whole++) expect(numberOf(quantise(whole))).toBe(whole);
  expect([Number.NaN, -1].map((value) => numberOf(quantise(value)))).toEqual([
    Number.NaN,
    Number.NaN,
  ]);
  expect(numberOf(quantise(1e300))).toBeCloseTo(1e15, -12);
  fc.assert(
    fc.property(fc.double({ min: 0.001, max: 1e15, noNaN: true }), (value) => {
      expect(Math.abs(numberOf(quantise(value)) / value - 1)).toBeLessThan(0.0007);
    }),
  );
});
