import { expect, it } from "vitest";
import type { SecondDone } from "./generator/merge.ts";
import { ARRIVE } from "./generator/players.ts";
import { TerminalProgress } from "./progress.ts";

const doneAfter = (second: number, arrived: number, errors = 0): SecondDone => ({
  second,
  inPlay: 3,
  steps: {
    [ARRIVE]: { count: arrived, errors: 0, p99Ms: 0.1, causes: {} },
    join: { count: arrived, errors, p99Ms: 41.6, causes: {} },
  },
});

it("says each second what came so far, of each scenario for itself", () => {
  const lines: string[] = [];
  const progress = new TerminalProgress((line) => lines.push(line), true);
  for (const done of [doneAfter(0, 20), doneAfter(1, 20, 1), doneAfter(0, 5)])
    progress.second(done);
  expect(lines.map((line) => line.trim())).toEqual([
    "1 s  20 arrived, 3 in play, 0 errors; p99 ms: join 42",
    "2 s  40 arrived, 3 in play, 1 errors; p99 ms: join 42",
    "1 s  5 arrived, 3 in play, 0 errors; p99 ms: join 42",
  ]);
});

it("says it every ten seconds where nobody looks on", () => {
  const lines: string[] = [];
  const progress = new TerminalProgress((line) => lines.push(line), false);
  for (let second = 0; second < 20; second++) progress.second(doneAfter(second, 2));
  expect(lines.map((line) => line.split(",")[0]?.trim())).toEqual([
    "10 s  20 arrived",
    "20 s  40 arrived",
  ]);
});
