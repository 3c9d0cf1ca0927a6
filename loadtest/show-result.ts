import { round } from "./bench/machine.ts";
import type { RunResult } from "./report/run-result.ts";

/** Shows a run in the terminal: its steps, errors by cause, and whether its promises were kept. */
export function showResult({
  name,
  profile,
  steps,
  thresholds,
  notes,
  baselines,
  swarms = {},
}: RunResult): void {
  console.log(`\n${name}, profile ${profile}`);
  const rows = Object.entries(steps).map(([step, { count, errors, all }]) => {
    const failed = Object.values(errors).reduce((sum, n) => sum + n, 0);
    return [step, rounded({ count, errors: failed, ...all })] as const;
  });
  if (rows.length > 0) console.table(Object.fromEntries(rows));
  for (const [step, { errors }] of Object.entries(steps))
    for (const [cause, count] of Object.entries(errors))
      console.log(`${step}: ${count} × ${cause}`);
  for (const { counts } of Object.values(swarms)) console.table(rounded(counts));
  if (baselines) {
    const bares = Object.entries(baselines).map(([name, one]) => [name, rounded({ ...one })]);
    console.table(Object.fromEntries(bares));
  }
  for (const one of thresholds)
    console.log(
      `${one.passed ? "kept  " : "MISSED"} ${one.name}: ${one.seen ?? "nothing seen"} (limit ${one.limit})`,
    );
  for (const note of notes) console.log(`note: ${note}`);
}

/** As people read figures: three digits behind the point are more than any run can tell. */
function rounded(row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const shown = (value: unknown): unknown => (typeof value === "number" ? round(value) : value);
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, shown(value)]));
}
