import type { Comparison, Spread } from "./compare-runs.ts";

/** Shows a comparison in the terminal. */
export function showComparison({ runs, errors, rows, differs }: Comparison): void {
  console.log(`A: ${runs[0]} runs, ${errors[0]} errors; B: ${runs[1]} runs, ${errors[1]} errors`);
  console.table(
    rows.map(({ step, what, a, b, ratio, noisePercent, verdict }) => ({
      step,
      what,
      A: wordsOf(a),
      B: wordsOf(b),
      "B / A": Number.isNaN(ratio) ? "-" : ratio.toFixed(2),
      "noise %": noisePercent,
      "B is": verdict,
    })),
  );
  for (const one of differs) console.log(`differs: ${one}`);
  if (rows.every(({ verdict }) => verdict === "no difference beyond noise"))
    console.log("no difference beyond noise");
}

const wordsOf = ({ median, low, high }: Spread): string =>
  `${shown(median)} (${shown(low)} to ${shown(high)})`;

const shown = (value: number): string => value.toFixed(value < 10 ? 2 : 0);
