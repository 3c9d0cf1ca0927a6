import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { percentOf, resolveIntOrPercent } from "./int-or-percent.ts";
import { formatBytes, formatMilli, milliOf, unitsOf } from "./quantity.ts";

describe("a quantity", () => {
  // biome-ignore format: a table is read by its rows
  it.each([
    ["500m", 500], ["1", 1_000], ["1.5", 1_500], [".5", 500], ["2.", 2_000], [0.1, 100], [2, 2_000],
    ["1e3", 1_000_000], ["1E-1", 100], ["1u", 1], ["0.0001", 1], ["0", 0], ["-1.5", -1_500], ["+1", 1_000], ["100n", 1],
  ])("%j is %j thousandths", (text, milli) => {
    expect(milliOf(text)).toBe(milli);
  });

  // biome-ignore format: a table is read by its rows
  it.each([
    ["200Mi", 209_715_200], ["1G", 1_000_000_000], ["1Gi", 1_073_741_824], ["1.5Gi", 1_610_612_736], ["1k", 1_000],
    ["200m", 1], ["0.5", 1], ["1e3", 1_000], ["12E2", 1_200], ["1Pi", 2 ** 50], [128974848, 128_974_848], ["128974848000m", 128_974_848],
  ])("%j is %j units", (text, units) => {
    expect(unitsOf(text)).toBe(units);
  });

  // biome-ignore format: a table is read by its rows
  it.each([
    [""], ["m"], ["."], ["1 Gi"], ["1gi"], ["1K"], ["0x10"], ["1e"], ["1e3Mi"], ["--1"], ["1,5"], ["NaN"], ["Infinity"],
    [null], [undefined], [{}], [[1]], [true], ["9".repeat(40)], ["1e99"], ["9E"], ["1EiB"],
  ])("is not %j", (value) => {
    expect([milliOf(value), unitsOf(value)]).toEqual([undefined, undefined]);
  });

  it("of whole and thousandth parts agree", () => {
    fc.assert(
      fc.property(fc.nat(10 ** 9), (n) => {
        expect(milliOf(`${n}m`)).toBe(n);
        expect(milliOf(n)).toBe(n * 1_000);
        expect(unitsOf(n)).toBe(n);
        expect(unitsOf(`${n}m`)).toBe(Math.ceil(n / 1_000));
      }),
    );
  });

  it("is written for people", () => {
    expect([0, 250, 500, 1_000, 1_500, 1_234].map(formatMilli)).toEqual([
      ...["0", "250m", "0.5", "1", "1.5", "1234m"],
    ]);
    expect([0, 512, 1_536, 209_715_200, 2 ** 31].map(formatBytes)).toEqual([
      ...["0", "512", "1.5Ki", "200Mi", "2Gi"],
    ]);
  });
});

describe("a number or a percentage", () => {
  it.each([
    [3, 10, true, 3],
    ["25%", 10, true, 3],
    ["25%", 10, false, 2],
    ["50%", 10, true, 5],
    ["99%", 0, true, 0],
  ] as const)("%j of %j, up %j, is %j", (value, total, up, expected) => {
    expect(resolveIntOrPercent(value, total, up)).toBe(expected);
  });

  it("is a percentage only with its sign", () => {
    const texts = ["25%", "25", "%", "-1%", "1.5%", "", 25, null];
    expect(texts.map(percentOf)).toEqual([25, ...new Array(7).fill(undefined)]);
  });
});
