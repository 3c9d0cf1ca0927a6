import { join } from "node:path";
import { parseArgs } from "node:util";
import { isFleetError } from "../core/std/errors.ts";
import { PROFILES, type ProfileName } from "./profiles.ts";
import { TerminalProgress } from "./progress.ts";
import type { RunResult } from "./report/run-result.ts";
import { keepResult, runScenario } from "./run-scenario.ts";
import { SCENARIOS } from "./scenarios.ts";

/*
 * `npm run loadtest -- journey --profile load` loads a Flotilla of its own and judges what it saw. Ends with 0 when every
 * threshold was kept, 1 when one was not, 2 when the command makes no sense, 130 after Ctrl-C.
 */
const RESULTS = join(import.meta.dirname, "../loadtest-results");
const USAGE = `npm run loadtest -- SCENARIO [--profile smoke|load|spike] [--out FOLDER]
${Object.entries(SCENARIOS)
  .map(([name, { about }]) => `  ${name.padEnd(12)} ${about}`)
  .join("\n")}
  --profile    how many players arrive and how long they stay (smoke)
  --out        folder of the result (loadtest-results/SCENARIO-PROFILE-TIME)
It starts a Flotilla of its own, as root, on free ports of 127.0.0.1, and takes it down again.`;

class UsageError extends Error {}

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parse(argv);
  if (values.help || positionals.length === 0) {
    console.log(USAGE);
    return values.help ? 0 : 2;
  }
  const [name = ""] = positionals;
  const scenario = SCENARIOS[name];
  if (!scenario) throw new UsageError(`there is no scenario ${name}`);
  const profile = profileOf(values.profile);
  const ending = new AbortController();
  const end = (): void => ending.abort(new Error("stopped by a signal"));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, end);
  const progress = new TerminalProgress(console.log, process.stdout.isTTY === true);
  const command = `npm run loadtest -- ${argv.join(" ")}`;
  const common = { name, scenario, profile, command, progress };
  const result = await runScenario({ ...common, signal: ending.signal });
  if (ending.signal.aborted) return 130;
  const stamp = result.startedAt.replaceAll(/[:.]/g, "-");
  const file = keepResult(values.out ?? join(RESULTS, `${name}-${profile}-${stamp}`), result);
  show(result);
  console.log(`result: ${file}`);
  return result.thresholds.every(({ passed }) => passed) ? 0 : 1;
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        profile: { type: "string", default: "smoke" },
        out: { type: "string" },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function profileOf(text: string): ProfileName {
  const found = PROFILES.find((one) => one === text);
  if (found) return found;
  throw new UsageError(`--profile ${text}: one of ${PROFILES.join(", ")}`);
}

function show({ steps, thresholds }: RunResult): void {
  console.table(
    Object.fromEntries(
      Object.entries(steps).map(([name, { count, errors, all }]) => [
        name,
        { count, errors: Object.values(errors).reduce((a, b) => a + b, 0), ...all },
      ]),
    ),
  );
  for (const [name, { errors }] of Object.entries(steps))
    for (const [cause, count] of Object.entries(errors))
      console.log(`${name}: ${count} × ${cause}`);
  for (const { name, limit, seen, passed } of thresholds)
    console.log(
      `${passed ? "kept  " : "MISSED"} ${name}: ${seen ?? "nothing seen"} (limit ${limit})`,
    );
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
