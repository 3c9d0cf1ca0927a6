import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { busySeconds, machine } from "./bench/machine.ts";
import type { LoadPlatform } from "./platform/load-platform.ts";
import type { Load } from "./profiles.ts";
import type { RunResult } from "./report/run-result.ts";
import type { Progress, Scenario } from "./scenario.ts";
import { judge, promisedOf } from "./thresholds.ts";

const ROOT = join(import.meta.dirname, "..");
const SECOND_MS = 1_000;
/** What a result may depend on. */
const PACKAGES = ["@colyseus/core", "@colyseus/sdk", "fastify", "undici", "ws"] as const;

export interface RunOptions {
  readonly name: string;
  readonly scenario: Scenario;
  readonly load: Load;
  readonly command: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly platform: LoadPlatform;
}

/** Runs one scenario on a platform, and judges it. */
export async function runScenario(options: RunOptions): Promise<RunResult> {
  const { name, scenario, load, command, progress, signal, platform } = options;
  const { profile, arrivals } = load;
  const [loadBefore = 0] = loadavg();
  const startedAt = new Date().toISOString();
  const share = arrivals === 100 ? "" : `, ${arrivals} % of its arrivals`;
  progress.say(`${name}, profile ${profile}${share}, on ${platform.apiUrl}`);
  using cpu = watchCpu();
  const seen = await scenario.run(platform, load, progress, signal);
  const steps = seen.steps ?? {};
  return {
    ...{ format: 1, name, profile, command, startedAt },
    seconds: 0,
    machine: { ...machine(), memoryMiB: Math.round(totalmem() / 2 ** 20), loadBefore },
    versions: versions(),
    commit: commit(),
    cpu: cpu.series,
    notes: [],
    ...seen,
    settings: { ...platform.settings, arrivals, ...seen.settings },
    steps,
    thresholds: [...judge(promisedOf(name, load), steps), ...(seen.thresholds ?? [])],
  };
}

/** Writes `result.json` into a folder, which is made; its path. */
export function keepResult(folder: string, result: RunResult): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "result.json");
  writeFileSync(file, `${JSON.stringify(result, null, 1)}\n`);
  return file;
}

/** Percent of one core, second by second: the whole machine, and this process with its threads. */
function watchCpu(): Disposable & { readonly series: NonNullable<RunResult["cpu"]> } {
  const series = { machine: [] as number[], generator: [] as number[] };
  let busy = busySeconds();
  let own = process.cpuUsage();
  let at = performance.now();
  const timer = setInterval(() => {
    const [seconds, nowAt] = [(performance.now() - at) / SECOND_MS, performance.now()];
    const nowBusy = busySeconds();
    const used = process.cpuUsage(own);
    series.machine.push(Math.round((100 * (nowBusy - busy)) / seconds));
    series.generator.push(Math.round((used.user + used.system) / 1e4 / seconds));
    [busy, own, at] = [nowBusy, process.cpuUsage(), nowAt];
  }, SECOND_MS);
  return { series, [Symbol.dispose]: () => clearInterval(timer) };
}

function versions(): Readonly<Record<string, string>> {
  const of = (file: string): string =>
    (JSON.parse(readFileSync(join(ROOT, file), "utf8")) as { readonly version: string }).version;
  const packages = PACKAGES.map((name) => [name, of(`node_modules/${name}/package.json`)] as const);
  return { flotilla: of("package.json"), node: process.version, ...Object.fromEntries(packages) };
}

/** Of the clone, with a `+` where files differ from it. */
function commit(): string {
  try {
    const git = (...words: readonly string[]): string =>
      execFileSync("git", words, { cwd: ROOT, encoding: "utf8", stdio: "pipe" }).trim();
    const isChanged = git("status", "--porcelain", "--untracked-files=no") !== "";
    return `${git("rev-parse", "--short=12", "HEAD")}${isChanged ? "+" : ""}`;
  } catch {
    return "unknown";
  }
}
