import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { FleetError } from "../../core/std/errors.ts";
import type { RunResult } from "../report/run-result.ts";

/** A result.json, or all of them in a folder and those below it. */
export function readRuns(place: string): readonly RunResult[] {
  const files = filesOf(place);
  if (files.length === 0) throw new FleetError("NOT_FOUND", `there is no result.json in ${place}`);
  const runs = files.map(runOf);
  const names = new Set(runs.map(({ name, profile }) => `${name} --profile ${profile}`));
  if (names.size > 1)
    throw new FleetError(
      "INVALID",
      `${place} holds results of ${[...names].join(", ")}: name a folder of one of them`,
    );
  return runs;
}

function filesOf(place: string): readonly string[] {
  try {
    if (!statSync(place).isDirectory()) return [place];
    const found = readdirSync(place, { recursive: true, encoding: "utf8" });
    return found.filter((one) => /(^|\/)result\.json$/.test(one)).map((one) => join(place, one));
  } catch (error) {
    throw new FleetError("NOT_FOUND", `cannot read ${place}`, {}, error);
  }
}

function runOf(file: string): RunResult {
  let found: Partial<RunResult>;
  try {
    found = JSON.parse(readFileSync(file, "utf8")) as Partial<RunResult>;
  } catch (error) {
    throw new FleetError("INVALID", `${file} is no JSON`, {}, error);
  }
  if (found.format === 1 && found.steps !== undefined) return found as RunResult;
  throw new FleetError("INVALID", `${file} is no result of a load test`);
}
