import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { applyPatch } from "./apply-patch.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const PATCHES = join(import.meta.dirname, "planted");
/** What the simulator imports, directly or not. */
const FOLDERS = ["core", "store", "fleet", "allocator", "access", "api", "monitor", "runtime"];
const SEEDS_MAX = 200;
const RUN_MS_MAX = 120_000;

/** Mistakes that somebody could make, each a patch: the simulator must find every one of them. */
describe("a bug that is planted into a copy of the house", () => {
  const planted = readdirSync(PATCHES).filter((name) => name.endsWith(".patch"));
  const found: string[] = [];
  let copy = "";

  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), "flotilla-planted-"));
    const isNeeded = (path: string): boolean => !/\.(test\.ts|patch|c|h|o)$/.test(path);
    for (const folder of FOLDERS)
      cpSync(join(ROOT, folder), join(copy, folder), { recursive: true, filter: isNeeded });
    cpSync(join(ROOT, "package.json"), join(copy, "package.json"));
    symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
  }, RUN_MS_MAX);
  afterAll(() => {
    rmSync(copy, { recursive: true, force: true });
    console.info(found.join("\n"));
  });

  it("comes in more than five kinds", () => {
    expect(planted.length).toBeGreaterThan(5);
  });

  it.each(planted)(
    `is found within ${SEEDS_MAX} seeds: %s`,
    async (name) => {
      const patch = readFileSync(join(PATCHES, name), "utf8");
      const touched = [...patch.matchAll(/^\+\+\+ b\/(\S+)$/gm)].map(([, path]) => path ?? "");
      const rules = [...patch.matchAll(/^Rule: (.+)$/gm)].map(([, rule]) => rule ?? "");
      const beganAt = performance.now();
      let said = "";
      try {
        applyPatch(copy, patch);
        said = await runSeeds(copy);
      } finally {
        for (const path of touched) cpSync(join(ROOT, path), join(copy, path));
      }
      const ms = Math.round(performance.now() - beganAt);
      const [, seed, rule = said] = /^seed (\d+) breaks the rule: ([^:]+)/.exec(said) ?? [];
      expect(rules).toContain(rule);
      found.push(`${name}: seed ${seed}, ${ms} ms (${rule})`);
    },
    RUN_MS_MAX,
  );
});

/** What the simulator prints in `folder` until its first failure. */
function runSeeds(folder: string): Promise<string> {
  const args = ["fleet/sim/main.ts", "--brief", "--seeds", String(SEEDS_MAX)];
  return new Promise((resolve) =>
    execFile(process.execPath, args, { cwd: folder }, (_failed, out, err) => resolve(out + err)),
  );
}
