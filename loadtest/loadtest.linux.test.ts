import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { STATE_PREFIX } from "./platform/leftovers.ts";
import type { RunResult } from "./report/run-result.ts";
import { THRESHOLDS } from "./thresholds.ts";

const ROOT = join(import.meta.dirname, "..");
const SCENARIOS = ["login", "asset", "room", "allocation", "journey"] as const;
const RUN_WITHIN_MS = 240_000;

/** The command line as somebody would type it, on one platform of its own with real containers. */
describe("npm run loadtest, profile smoke", () => {
  const out = mkdtempSync(join(tmpdir(), "flotilla-smoke-"));
  const results = new Map<string, RunResult>();
  let said = "";
  const of = (name: string): RunResult => {
    const found = results.get(name);
    if (!found) throw new Error(`${name} has left no result: ${said}`);
    return found;
  };
  const count = (name: string, step: string): number => of(name).steps[step]?.count ?? 0;

  beforeAll(async () => {
    await promisify(execFile)(process.execPath, [join(ROOT, "setup.mjs"), "meet-page"]);
    const flags = ["--profile", "smoke", "--out", out];
    const args = [join(ROOT, "loadtest/main.ts"), ...SCENARIOS, ...flags];
    const options = { cwd: ROOT, timeout: RUN_WITHIN_MS };
    // It ends with 1 when a threshold was missed: each says so below, with what was seen.
    const ended = await promisify(execFile)(process.execPath, args, options).catch(
      (error: { stdout: string; stderr: string }) => error,
    );
    said = ended.stdout + ended.stderr;
    for (const name of SCENARIOS) {
      const file = join(out, name, "result.json");
      if (existsSync(file)) results.set(name, JSON.parse(readFileSync(file, "utf8")));
    }
  }, RUN_WITHIN_MS);
  afterAll(() => rmSync(out, { recursive: true }));

  it.each(SCENARIOS)("keeps what %s promises, without one error", (name) => {
    const { steps, thresholds, format, seconds } = of(name);
    const errors = Object.entries(steps).flatMap(([step, record]) =>
      Object.entries(record.errors).map(([cause, n]) => `${step}: ${n} × ${cause}`),
    );
    expect(errors).toEqual([]);
    expect(thresholds.filter(({ passed }) => !passed)).toEqual([]);
    expect(thresholds.length).toBeGreaterThanOrEqual(THRESHOLDS[name]?.smoke.length ?? 99);
    expect([format, seconds > 0]).toEqual([1, true]);
  });

  it("lets as many players arrive as the profile says, and each goes the whole way", () => {
    expect(count("journey", "arrive")).toBe(16);
    for (const step of ["log in", "upload picture", "ask for a seat", "leave", "journey"])
      expect(count("journey", step), step).toBe(16);
    expect(count("allocation", "give back")).toBe(25);
    expect(count("login", "log in") + count("login", "log in by password")).toBe(50);
  });

  it("looks at what players see: those by Colyseus' SDK saw themselves arrive", () => {
    expect(count("journey", "walk")).toBeGreaterThanOrEqual(2);
    expect(count("journey", "chat")).toBe(16);
  });

  it("leaves a page beside each result, and nothing on the machine", () => {
    for (const name of SCENARIOS)
      expect(readFileSync(join(out, name, "report.html"), "utf8")).toContain(name);
    expect(said).toContain(join(out, "journey", "result.json"));
    const [, state = ""] = /its state folder: (\S+)/.exec(said) ?? [];
    expect(state).toContain(STATE_PREFIX);
    expect(existsSync(state)).toBe(false);
  });
});

describe("npm run loadtest", () => {
  it("refuses a target that is not this machine's, says what to say, and ends with 2", async () => {
    const target = ["--target", "http://192.0.2.7:8700", "--state", "nowhere"];
    const args = [join(ROOT, "loadtest/main.ts"), "login", ...target];
    const failed = promisify(execFile)(process.execPath, args, { cwd: ROOT });
    await expect(failed).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--i-may-load 192.0.2.7"),
    });
  });
});
