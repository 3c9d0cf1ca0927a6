import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isFleetError } from "../core/std/errors.ts";
import { type RunWanted, USAGE, UsageError, wantedOf } from "./command-line.ts";
import { compareRuns } from "./compare/compare-runs.ts";
import { readRuns } from "./compare/read-runs.ts";
import { showComparison } from "./compare/show-comparison.ts";
import { joinChanges } from "./platform/game-folder.ts";
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

/** All scenarios, one after the other. */
async function run(wanted: RunWanted, command: string): Promise<number> {
  const { scenarios, profile, arrivals, out } = wanted;
  const ending = new AbortController();
  const end = (): void => ending.abort(new Error("stopped by a signal"));
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, end);
  const { signal } = ending;
  const progress = new TerminalProgress(console.log, process.stdout.isTTY === true);
  const folder = out ?? join(RESULTS, new Date().toISOString().replaceAll(/[:.]/g, "-"));
  let isKept = true;
  try {
    for (const some of groupsOf(scenarios)) {
      await using platform = await platformOf({ ...wanted, scenarios: some }, signal);
      for (const [name, scenario] of some) {
        const load = { profile, arrivals };
        const asked = { name, scenario, load, command, platform, progress, signal };
        const result = await runScenario(asked);
        signal.throwIfAborted();
        showResult(result);
        const file = keepResult(join(folder, name), result);
        console.log(`result: ${file}\nreport: ${writeReport(file)}`);
        isKept &&= result.thresholds.every(({ passed }) => passed);
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    console.log("stopped: what was started is down again");
    return STOPPED;
  }
  return isKept ? 0 : 1;
}

type Some = RunWanted["scenarios"];

/** Those that share a platform; one that wants other settings, or a disk to fill, has one to itself. */
function groupsOf(scenarios: Some): readonly Some[] {
  const isAlone = ([, { changes, diskMiB }]: Some[number]): boolean =>
    changes !== undefined || diskMiB !== undefined;
  const shared = scenarios.filter((one) => !isAlone(one));
  const alone = scenarios.filter(isAlone).map((one) => [one]);
  return shared.length > 0 ? [shared, ...alone] : alone;
}

async function platformOf(wanted: RunWanted, signal: AbortSignal): Promise<LoadPlatform> {
  const { scenarios, profile, target, allowed } = wanted;
  const parts = [...new Set(scenarios.flatMap(([, one]) => one.parts))];
  if (target) return findRunningPlatform({ ...target, parts, targets: new Targets(allowed) });
  console.log("· starting a Flotilla of its own");
  const images = [...new Set(scenarios.flatMap(([, one]) => one.images))];
  const disks = scenarios.flatMap(([, { diskMiB }]) => diskMiB ?? []);
  const diskMiB = disks.length === 0 ? undefined : Math.max(...disks);
  const backings = [...new Set(scenarios.flatMap(([, one]) => one.backings?.[profile] ?? []))];
  const changes = joinChanges(scenarios.map(([, one]) => one.changes ?? {}));
  const asked = { parts, images, diskMiB, backings, changes };
  const platform = await startOwnPlatform(asked);
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
