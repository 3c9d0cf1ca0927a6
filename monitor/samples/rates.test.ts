import fc from "fast-check";
import { expect, it } from "vitest";
import { CONTAINER_METRICS } from "../../core/model/samples.ts";
import type { UsageRow } from "../../core/model/usage.ts";
import { Rates } from "./rates.ts";

type Said = readonly [atMs: number, ...numbers: number[]];
/** What is known when a node has said all of this. */
function after(...said: readonly Said[]): Record<string, number> {
  const rates = new Rates();
  const values = new Float64Array(CONTAINER_METRICS.length).fill(Number.NaN);
  for (const [atMs, ...numbers] of said)
    rates.take(values, ["a", ...numbers] as unknown as UsageRow, atMs);
  return Object.fromEntries(CONTAINER_METRICS.map((name, i) => [name, values[i] ?? Number.NaN]));
}

it("makes rates of what grew between two rows, whatever time is between", () => {
  const before: Said = [1_000, 1_000_000, 500, 3, 0, 1_000, 2_000, 10, 20, 0, 0, 0, 0, 0];
  const now = [1_500_000, 700, 4, 200_000, 3_000, 2_000, 14, 22, 4_096, 0, 100_000, 0, 20_000];
  expect(after(before, [3_000, ...now])).toEqual({
    ...{ cpu: 250, throttled: 10, memory: 700, pids: 4, received: 1_000, sent: 0 },
    ...{ packetsReceived: 2, packetsSent: 1, read: 2_048, written: 0 },
    ...{ pressureCpu: 5, pressureMemory: 0, pressureIo: 1 },
    ...{ players: Number.NaN, rooms: Number.NaN },
  });
});

it("counts from the start of a container that was started again: a counter went back", () => {
  expect(after([1_000, 9_000_000, 1, 1], [2_000, 300_000, 1, 1]).cpu).toBe(300);
});

it("begins anew when the node's clock went back, as after a reboot", () => {
  const rebooted = after([90_000, 9_000_000, 1, 1], [1_000, 9_500_000, 5, 1]);
  expect(rebooted).toMatchObject({ memory: 5 });
  expect(
    after([90_000, 9_000_000, 1, 1], [1_000, 9_500_000, 5, 1], [2_000, 9_600_000, 5, 1]).cpu,
  ).toBe(100);
});

it("knows levels and no rates from one row", () => {
  const first = after([1_000, 5, 7, 2, -1, 100]);
  expect(first).toMatchObject({ cpu: Number.NaN, memory: 7, pids: 2, throttled: Number.NaN });
});

it("lets stand for a minute what was not looked at, and makes its rate over the whole time then", () => {
  const start: Said = [1_000, 0, 7, 2, 0, 0];
  const row = (atMs: number, throttled: number): Said => [atMs, 0, 7, 2, throttled, 0];
  expect(after(start, row(2_000, 100_000), row(3_000, -1)).throttled).toBe(10);
  expect(after(start, row(2_000, -1), row(3_000, -1), row(5_000, 100_000)).throttled).toBe(2.5);
  expect(after(start, row(2_000, 100_000), row(63_000, -1)).throttled).toBeNaN();
});

it("never makes a negative or infinite rate, whatever is said", () => {
  const number = fc.oneof(fc.integer({ min: -1, max: 2 ** 40 }), fc.constant(0));
  const said = fc.tuple(
    fc.integer({ min: 0, max: 1e6 }),
    ...Array.from({ length: 13 }, () => number),
  );
  fc.assert(
    fc.property(fc.array(said, { maxLength: 10 }), (rows) => {
      for (const value of Object.values(after(...(rows as unknown as Said[]))))
        expect(Number.isNaN(value) || (value >= 0 && Number.isFinite(value))).toBe(true);
    }),
  );
});
