import { writeFileSync } from "node:fs";

/** Leaves everything that was measured in a file, when one was named. */
export function writeResult(file: string | undefined, result: object): void {
  if (file !== undefined) writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
}
