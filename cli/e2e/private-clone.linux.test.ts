import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { TestInstance } from "../testing/test-instance.ts";

const ROOT = join(import.meta.dirname, "../..");

it("runs from a clone, and on a state folder, that only root may enter", async () => {
  const closed = mkdtempSync(join(tmpdir(), "flotilla-private-"));
  const clone = join(closed, "clone");
  mkdirSync(clone);
  execFileSync("mount", ["--bind", ROOT, clone]);
  try {
    await using instance = await TestInstance.start({
      program: clone,
      stateIn: closed,
      images: ["examples/demo/image.yaml"],
      files: ["examples/demo"],
    });
    // Ready is what the games said through the door, which has given up root as the server has.
    expect(instance.said).toContain("3 of 3 game servers");
    const states = await instance.mustCli("get", "gs", "-o", "json");
    expect(states.match(/"state": "Ready"/g)?.length).toBe(3);
    expect((await instance.cli("allocate", "arena")).code).toBe(0);
  } finally {
    execFileSync("umount", [clone]);
    rmSync(closed, { recursive: true, force: true });
  }
});
