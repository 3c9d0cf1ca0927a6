import { spawn } from "node:child_process";
import { join } from "node:path";
import type { LoadReport } from "./load-process.ts";

const PROGRAM = join(import.meta.dirname, "load-process.ts");

/** Runs one load in a process of its own; the options are `load-process.ts`'s flags. */
export async function runLoad(
  signal: AbortSignal,
  options: Readonly<Record<string, string | number>>,
): Promise<LoadReport> {
  const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  const child = spawn(process.execPath, [PROGRAM, ...flags], {
    stdio: ["ignore", "pipe", "inherit"],
    signal,
  });
  // Ended by the signal: the missing result says so.
  child.on("error", () => undefined);
  const chunks = await child.stdout.setEncoding("utf8").toArray();
  const text = chunks.join("");
  if (text === "") throw new Error(`the load on ${options.target} gave no result`);
  return JSON.parse(text) as LoadReport;
}
