import type { RunResult } from "./report/run-result.ts";

/** Shows a run in the terminal: its steps, errors by cause, and whether its promises were kept. */
export function showResult({
  name,
  profile,
  steps,
  thresholds,
  notes,
  baselines,
}: RunResult): void {
  console.log(`\n${name}, profile ${profile}`);
  const rows = Object.entries(steps).map(([step, { count, errors, all }]) => {
    const failed = Object.values(errors).reduce((sum, n) => sum + n, 0);
    return [step, { count, errors: failed, ...all }] as const;
  });
  console.table(Object.fromEntries(rows));
  for (const [step, { errors }] of Object.entries(steps))
    for (const [cause, count] of Object.entries(errors))
      console.log(`${step}: ${count} × ${cause}`);
  if (baselines) console.table(baselines);
  for (const one of thresholds)
    console.log(
      `${one.passed ? "kept  " : "MISSED"} ${one.name}: ${one.seen ?? "nothing seen"} (limit ${one.limit})`,
    );
  for (const note of notes) console.log(`note: ${note}`);
}
