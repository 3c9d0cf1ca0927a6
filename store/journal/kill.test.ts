import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, it } from "vitest";
import { CONFORMANCE_OPTIONS } from "../conformance/harness.ts";
import { openJournalResourceStore } from "./journal-resource-store.ts";

const KILLS = 20;
const BYTES_PER_LINE = 8;
const FIXTURE = join(import.meta.dirname, "committer.fixture.ts");

/** Lets a process commit, kills it once it has acknowledged about so many commits, and returns what it said. */
async function commitAndKill(folder: string, after: number, moreMs: number): Promise<string[]> {
  const path = join(folder, "said");
  const said = openSync(path, "w");
  const child = spawn(process.execPath, [FIXTURE, folder], { stdio: ["ignore", said, "inherit"] });
  const ended = once(child, "exit");
  while (statSync(path).size < after * BYTES_PER_LINE && child.exitCode === null)
    await setTimeout(1);
  await setTimeout(moreMs);
  child.kill("SIGKILL");
  expect(await ended).toEqual([null, "SIGKILL"]);
  closeSync(said);
  return readFileSync(path, "utf8").split("\n").slice(0, -1);
}

it("keeps every acknowledged commit over kills in the middle of writes", {
  timeout: 120_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "flotilla-kill-"));
  const acknowledged = new Map<string, number>();
  let commits = 0;
  try {
    for (let kill = 0; kill < KILLS; kill++) {
      const said = await commitAndKill(folder, 1 + Math.random() * 2_000, Math.random() * 20);
      commits += said.length;
      for (const line of said.filter((l) => l !== "open")) {
        const [name = "", count] = line.split(" ");
        acknowledged.set(name, Number(count));
      }
      await using store = await openJournalResourceStore({
        ...CONFORMANCE_OPTIONS,
        folder,
        segmentBytes: 65_536,
        unfoldedMax: 2,
        retryMs: 50,
        leaderLookMs: 50,
        snapshotWaitMs: 500,
      });
      for (const [name, count] of acknowledged) {
        const found = Number(store.get("Network", "default", name)?.spec.subnet);
        expect(found, `${name} after kill ${kill + 1}`).toBeGreaterThanOrEqual(count);
        expect(store.recall(name)?.answer).toBe(`${found}`);
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  expect(acknowledged.size).toBe(8);
  expect(commits).toBeGreaterThan(KILLS);
});
