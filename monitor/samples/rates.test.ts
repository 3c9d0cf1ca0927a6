import { expect, it } from "vitest";
import { CONTAINER_METRICS } from "../../core/model/samples.ts";
import type { UsageRow } from "../../core/model/usage.ts";
import { ratesInto } from "./rates.ts";

const row = (...numbers: number[]): UsageRow => ["a", ...numbers] as unknown as UsageRow;
function rates(before: UsageRow | undefined, after: UsageRow, spanMs: number) {
  const values = new Float64Array(CONTAINER_METRICS.length).fill(Number.NaN);
  ratesInto(values, before, after, spanMs);
  return Object.fromEntries(CONTAINER_METRICS.map((name, i) => [name, values[i]]));
}

it("makes rates of what grew between two rows, whatever time is between", () => {
  const before = row(1_000_000, 500, 3, 0, 1_000, 2_000, 10, 20, 0, 0, 0, 0, 0);
  const after = row(1_500_000, 700, 4, 200_000, 3_000, 2_000, 14, 22, 4_096, 0, 100_000, 0, 20_000);
  expect(rates(before, after, 2_000)).toEqual({
    ...{ cpu: 250, throttled: 10, memory: 700, pids: 4, received: 1_000, sent: 0 },
    ...{ packetsReceived: 2, packetsSent: 1, read: 2_048, written: 0 },
    ...{ pressureCpu: 5, pressureMemory: 0, pressureIo: 1 },
    ...{ players: Number.NaN, rooms: Number.NaN },
  });
});

it("counts from the start of a container that was started again: a counter went back", () => {
  expect(rates(row(9_000_000, 1, 1), row(300_000, 1, 1), 1_000).cpu).toBe(300);
});

it("knows levels and no rates from one row, and nothing of what is not measured", () => {
  const first = rates(undefined, row(5, 7, 2, -1, 100), 0);
  expect(first).toMatchObject({ cpu: Number.NaN, memory: 7, pids: 2, throttled: Number.NaN });
  const second = rates(row(5, 7, 2, -1), row(1_000_005, 8, -1, 50), 1_000);
  expect(second).toMatchObject({ cpu: 1_000, pids: Number.NaN, throttled: Number.NaN });
  expect(rates(row(5, 7, 2), row(9, 7, 2), 0).cpu).toBeNaN();
});
