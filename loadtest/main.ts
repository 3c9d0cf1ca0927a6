import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isFleetError } from "../core/std/errors.ts";
import { type RunWanted, USAGE, UsageError, wantedOf } from "./command-line.ts";
import { compareRuns } from "./compare/compare-runs.ts";
import { readRuns } from "./compare/read-runs.ts";
import { showComparison } from "./compare/show-comparison.ts";
import type { LoadPlatform } from "./platform/load-platform.ts";
import { startOwnPlatform } from "./platform/own-platform.ts";
import { findRunningPlatform } from "./platform/running-platform.ts";
import { Targets } from "./platform/targets.ts";
import { TerminalProgress } from "./progress.ts";
import { renderReport } from "./report/report.ts";
import type { RunResult } from "./report/run-result.ts";
import { keepResult, runScenario } from "./run-scenario.ts";
import { showResult } from "./show-result.ts";

/*
 * `npm run loadtest -- journey --profile load` loads a Flotilla of its own and judges what it saw. USAGE says the rest.
 */
const RESULTS = join(import.meta.dirname, "../loadtest-results");
const STOPPED = 130;

async function main(argv: readonly string[]): Promise<number> {
  const wanted = wantedOf(argv);
  switch (wanted.do) {
    case "help":
      console.log(USAGE);
      return argv.includes("--help") ? 0 : 2;
    case "compare":
      showComparison(compareRuns(readRuns(wanted.a), readRuns(wanted.b)));
      return 0;
    case "report":
      for (const file of wanted.files) writeReport(file);
      return 0;
    case "run":
      return run(wanted, `npm run loadtest -- ${argv.join(" ")}`);
  }
}

/** All scenarios, one after the other, on one platform. */
async function run(wanted: RunWanted, command: string): Promise<number> {
  const { scenarios, profile, out } = wanted;
  const ending = new AbortController();
  const end = (): void => ending.abort(new Error("stopped by a signal"));
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, end);
  const { signal } = ending;
  const progress = new TerminalProgress(console.log, process.stdout.isTTY === true);
  const folder = out ?? join(RESULTS, new Date().toISOString().replaceAll(/[:.]/g, "-"));
  let isKept = true;
  try {
    await using platform = await platformOf(wanted, signal);
    for (const [name, scenario] of scenarios) {
      const asked = { name, scenario, profile, command, platform, progress, signal };
      const result = await runScenario(asked);
      signal.throwIfAborted();
      showResult(result);
      const file = keepResult(join(folder, name), result);
      console.log(`result: ${file}\nreport: ${writeReport(file)}`);
      isKept &&= result.thresholds.every(({ passed }) => passed);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    console.log("stopped: what was started is down again");
    return STOPPED;
  }
  return isKept ? 0 : 1;
}

async function platformOf(wanted: RunWanted, signal: AbortSignal): Promise<LoadPlatform> {
  const { scenarios, target, allowed } = wanted;
  const parts = [...new Set(scenarios.flatMap(([, one]) => one.parts))];
  if (target) return findRunningPlatform({ ...target, parts, targets: new Targets(allowed) });
  console.log("· starting a Flotilla of its own");
  const images = [...new Set(scenarios.flatMap(([, one]) => one.images))];
  const disks = scenarios.flatMap(([, { diskMiB }]) => diskMiB ?? []);
  const diskMiB = disks.length === 0 ? undefined : Math.max(...disks);
  const platform = await startOwnPlatform({ parts, images, diskMiB });
  const { portRange } = platform.settings;
  console.log(`· it is up; its state folder: ${platform.own?.state}; its host ports: ${portRange}`);
  if (!signal.aborted) return platform;
  await platform[Symbol.asyncDispose]();
  throw signal.reason;
}

/** Writes `report.html` beside a result; its path. */
function writeReport(file: string): string {
  const result = JSON.parse(readFileSync(file, "utf8")) as RunResult;
  const page = join(dirname(file), "report.html");
  writeFileSync(page, renderReport(result));
  return page;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const isUsage = error instanceof UsageError;
  if (!isUsage && !isFleetError(error)) throw error;
  console.error(`error: ${error.message}`);
  if (isUsage) console.error("next:  npm run loadtest -- --help");
  process.exitCode = 2;
}
