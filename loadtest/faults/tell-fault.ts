import type { FaultRecord } from "../report/run-result.ts";
import type { Progress } from "../scenario.ts";

/** Says in the terminal what was noticed of a fault. */
export function tellFault(progress: Progress, record: FaultRecord | undefined): void {
  if (!record) return;
  const { lost, answersAfterMs, backAfterMs } = record;
  const seen = Object.entries(lost).filter(([, count]) => count > 0);
  const said = seen.map(([what, count]) => `${what} ${count}`).join(", ") || "nothing noticed";
  const answers = answersAfterMs === undefined ? "" : `answers after ${answersAfterMs} ms, `;
  progress.say(`  ${said}; ${answers}back after ${backAfterMs} ms`);
}
