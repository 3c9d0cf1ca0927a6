import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface Hunk {
  readonly path: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/**
 * Applies a unified diff to files below `root`. Each hunk must be found exactly once, wherever it is by now: line numbers
 * are not looked at, because the files go on changing. Throws when one is not there, or there twice.
 */
export function applyPatch(root: string, patch: string): void {
  for (const { path, before, after } of hunksOf(patch)) {
    const file = join(root, path);
    const text = readFileSync(file, "utf8");
    const parts = text.split(before.join("\n"));
    if (parts.length !== 2)
      throw new Error(`${path} has ${parts.length - 1} places for:\n${before.join("\n")}`);
    writeFileSync(file, parts.join(after.join("\n")));
  }
}

function hunksOf(patch: string): readonly Hunk[] {
  const hunks: Hunk[] = [];
  for (const file of patch.split(/^--- .*\n(?=\+\+\+ )/m).slice(1)) {
    const [head = "", ...bodies] = file.split(/^@@ .*\n/m);
    const path = head.replace(/^\+\+\+ b\//, "").trim();
    for (const body of bodies) {
      const lines = body.replace(/\n$/, "").split("\n");
      const of = (sign: string): string[] =>
        lines.filter((line) => line[0] === sign || line[0] === " ").map((line) => line.slice(1));
      hunks.push({ path, before: of("-"), after: of("+") });
    }
  }
  return hunks;
}
