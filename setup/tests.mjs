import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { countsFile } from "./count-reporter.mjs";
import { findNode } from "./node.mjs";
import { ROOT, runBeside, runInForeground } from "./run.mjs";

const BIN = join(ROOT, "node_modules", ".bin");
const COMPILED = join(ROOT, ".build", "compiled");

/**
 * Style, types, then all test projects at once, since each waits more than it computes. At the end, where nobody has to
 * look for it: what was skipped, what failed, each with its reason, and alone in the last line the sum. `args` go to vitest
 * (a path narrows).
 */
export async function runTests(args) {
  const sum = { passed: 0, failed: [], skipped: [] };
  await check(sum, "style (biome)", ["check", "--error-on-warnings", "."], "biome");
  await check(sum, "types (tsc)", ["-p", "."], "tsc");
  await check(sum, "types of the page (tsc)", ["-p", "game-services/meet/page"], "tsc");
  await check(sum, "types of the dashboard (tsc)", ["-p", "dashboard"], "tsc");
  const why = whyNoLinux();
  if (why) sum.skipped.push(`all *.linux.test.ts (${countLinuxTests()} files): ${why}`);
  const projects = why ? ["unit"] : ["unit", "linux", "e2e"];
  await Promise.all(projects.map((name) => project(sum, name, args)));
  for (const line of sum.skipped) console.log(`skipped: ${line}`);
  for (const line of sum.failed) console.log(`failed: ${line}`);
  console.log(`${sum.passed} passed, ${sum.failed.length} failed`);
  return sum.failed.length === 0 ? 0 : 1;
}

function whyNoLinux() {
  if (process.platform !== "linux") return "this is not Linux";
  return process.getuid() === 0 ? undefined : "they make namespaces and cgroups, which takes root";
}

function countLinuxTests() {
  const { stdout } = spawnSync("git", ["ls-files", "*.linux.test.ts"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  return (stdout ?? "").split("\n").filter(Boolean).length;
}

async function check(sum, name, args, program) {
  const code = await runInForeground(findNode(), [join(BIN, program), ...args]);
  const isGood = code === 0;
  if (isGood) sum.passed += 1;
  else sum.failed.push(name);
  console.log(`${isGood ? "✓" : "✗"} ${name}`);
}

async function project(sum, name, args) {
  const file = countsFile(name);
  rmSync(file, { force: true });
  const reporters = [
    "--reporter=default",
    `--reporter=${join(ROOT, "setup", "count-reporter.mjs")}`,
  ];
  const run = [
    join(BIN, "vitest"),
    "run",
    "--project",
    name,
    "--passWithNoTests",
    ...reporters,
    ...args,
  ];
  // Tests start some hundreds of programs, of which each would compile the same files.
  const code = await runBeside(findNode(), run, { NODE_COMPILE_CACHE: COMPILED });
  const counts = readCounts(file);
  sum.passed += counts.passed;
  sum.failed.push(...counts.failed);
  const isBrokenOff = code !== 0 && counts.failed.length === 0;
  if (isBrokenOff) sum.failed.push(`${name}: the run ended in the middle (exit ${code})`);
  sum.skipped.push(...counts.skipped);
}

/** A run without any result (no test matched, or it broke off) counts nothing; its exit code tells which. */
function readCounts(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return { passed: 0, failed: [], skipped: [] };
  }
}
