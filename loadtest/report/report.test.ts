import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chartSvg } from "./chart.ts";
import { beyond } from "./faults-section.ts";
import { sentenceOf } from "./figure.ts";
import { escaped, html } from "./html.ts";
import { niceTicks, shortNumber } from "./numbers.ts";
import { renderReport } from "./report.ts";
import { anyResult } from "./run-result.fixture.ts";

const EVIL = `<script>alert(1)</script>" onload='alert(2)' &amp; \u0000\u202E javascript:`;

/** Tags and attributes that a report may have; whatever a run wrote down must not add one. */
const tagsOf = (page: string): string[] =>
  [...new Set([...page.matchAll(/<(\/?[a-zA-Z][\w-]*)/g)].map(([, tag]) => tag ?? ""))].sort();
const attributesOf = (page: string): string[] =>
  [...new Set([...page.matchAll(/\s([a-zA-Z-]+)="/g)].map(([, name]) => name ?? ""))].sort();

describe("a report", () => {
  it("says first whether the thresholds were kept, each in words", () => {
    const result = anyResult();
    const page = renderReport(result);
    expect(page).toContain("Failed: 3 of 4 thresholds were missed.");
    expect(page.indexOf("Failed: 3 of 4")).toBeLessThan(page.indexOf("<svg"));
    const kept = result.thresholds.map((one) => ({ ...one, passed: true }));
    expect(renderReport({ ...result, thresholds: kept })).toContain(
      "Passed: all 4 thresholds were kept.",
    );
    expect(renderReport({ ...result, thresholds: [] })).toContain("Nothing was promised");
  });

  it("shows every part of a run, by name", () => {
    const page = renderReport(anyResult({ word: "turnip" }));
    for (const said of [
      "turnip 1",
      "Done in each second",
      "p99.9",
      "turnip refused",
      "The fleet turnip against its players",
      "from 1 to 2: turnip",
      "1. kill -9 of turnip",
      "players dropped: 3 instead of 2",
      "after 820 ms",
      "Lost, doubled, reordered (udp)",
      "Beside something bare",
      "turnip: p99 ms",
      "a note of turnip",
      "npm run loadtest -- turnip --profile smoke",
      "0123456789ab+",
    ])
      expect(page, said).toContain(said);
  });

  it("leaves out what a run has not: a bare one is a page, too", () => {
    const { fleets: _f, faults: _a, swarms: _s, baselines: _b, cpu: _c, ...bare } = anyResult();
    const page = renderReport({ ...bare, steps: {} });
    expect(page).toContain("Machine, versions and settings");
    expect(page).not.toMatch(/Swarms|on purpose|undefined|NaN/);
  });

  it("escapes whatever the run wrote down, wherever it stands", () => {
    const plain = renderReport(anyResult());
    const page = renderReport(anyResult({ word: EVIL }));
    expect(tagsOf(page)).toEqual(tagsOf(plain));
    expect(attributesOf(page)).toEqual(attributesOf(plain));
    for (const evil of ["<script", "\u0000", "\u202E"]) expect(page).not.toContain(evil);
    expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
  });

  it("escapes any text so that it reads back as it was", () => {
    const back = (text: string): string =>
      text.replaceAll(
        /&(lt|gt|quot|#39|amp);/g,
        (_, name: string) => ({ lt: "<", gt: ">", quot: '"', "#39": "'", amp: "&" })[name] ?? "",
      );
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(escaped(text)).not.toMatch(/[<>"']/);
        expect(back(escaped(text))).toBe(text);
      }),
    );
  });

  it("stays small enough to send around, and loads nothing, for a long run of many steps", () => {
    const page = renderReport(anyResult({ seconds: 3_600, steps: 12 }));
    expect(Buffer.byteLength(page)).toBeLessThan(500_000);
    expect(Buffer.byteLength(renderReport(anyResult({ seconds: 300, steps: 8 })))).toBeLessThan(
      500_000,
    );
    expect(page).not.toMatch(/(?:src|href)=|@import|url\(/);
    expect(page).toContain("default-src 'none'");
  });
});

describe("a chart", () => {
  it("has gaps where there is nothing to say, and a mark at each fault", () => {
    const bands = [{ from: 1, to: 3, label: "kill -9 of <server>" }];
    const lines = [{ name: "a", values: [1, null, 3, 4] }];
    const { text } = chartSvg({ id: "c", title: "t", unit: "u", lines, bands });
    expect([...text.matchAll(/M[\d.]+ [\d.]+/g)]).toHaveLength(2);
    expect(text).toContain("<title>kill -9 of &lt;server&gt;</title>");
    expect(text).toContain("1 s: a – (u)");
  });

  it("draws whatever numbers there are inside its frame", () => {
    const anyValue = fc.oneof(fc.constant(null), fc.double({ min: 0, max: 1e9, noNaN: true }));
    fc.assert(
      fc.property(fc.array(anyValue, { maxLength: 50 }), (values) => {
        const { text } = chartSvg({
          id: "c",
          title: "t",
          unit: "u",
          lines: [{ name: "a", values }],
        });
        expect(text).not.toMatch(/NaN|Infinity|undefined/);
        const [, path = ""] = /d="([^"]*)"/.exec(text) ?? [];
        const points = [...path.matchAll(/[ML](\S+) ([\d.e-]+)/g)].map(([, x, y]) => [
          Number(x),
          Number(y),
        ]);
        expect(points).toHaveLength(values.filter((one) => one !== null).length);
        for (const [x = -1, y = -1] of points) {
          expect(x).toBeGreaterThanOrEqual(0);
          expect(x).toBeLessThanOrEqual(760);
          expect(y).toBeGreaterThanOrEqual(0);
          expect(y).toBeLessThanOrEqual(230);
        }
      }),
    );
  });

  it("has lines at round numbers that reach above everything", () => {
    expect(niceTicks(97, 4)).toEqual([0, 50, 100]);
    expect(niceTicks(0, 4)).toEqual([0, 1]);
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e12, noNaN: true }), (max) => {
        const ticks = niceTicks(max, 4);
        expect(ticks.at(-1)).toBeGreaterThanOrEqual(max * 0.999);
        expect(ticks.length).toBeLessThanOrEqual(6);
      }),
    );
  });

  it("says in a sentence what it shows", () => {
    expect(sentenceOf({ name: "players", values: [0, 4, null, 2] })).toBe(
      "players: 2 on average, at most 4 (at 1 s).",
    );
    expect(sentenceOf({ name: "players", values: [null] })).toBe("players: nothing was seen.");
    expect(sentenceOf({ name: "lost", values: [0, 0] })).toBe("lost: 0 all the time.");
  });
});

describe("figures", () => {
  it("are as long as they say something", () => {
    expect([0, 0.1234, 1.234, 12.34, 1234.5, Number.NaN].map(shortNumber)).toEqual([
      ...["0", "0.123", "1.23", "12.3", "1,235", "–"],
    ]);
  });

  it("of a fault are beyond what is allowed, or not", () => {
    const fault = { atSecond: 1, what: "x", lost: { a: 2, b: 9 }, allowed: { a: 1, c: 0 } };
    expect(beyond(fault)).toEqual(["a: 2 instead of 1"]);
    expect(html`${["<", 1, undefined]}`.text).toBe("&lt;1");
  });
});
