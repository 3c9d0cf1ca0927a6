import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { CONFORMANCE_OPTIONS } from "../conformance/harness.ts";
import { openJournalResourceStore } from "./journal-resource-store.ts";
import { firstSegmentOf, listSegments, segmentName } from "./segment-files.ts";

const MIB = 1024 * 1024;
const FIXTURE = join(import.meta.dirname, "committer.fixture.ts");
const WAIT_MS_MAX = 30_000;
const NOBODY = 65_534;

let base: string;
let mounted: string | undefined;
let child: ChildProcess | undefined;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "flotilla-journal-"));
});
afterEach(async () => {
  if (child?.exitCode === null && child.signalCode === null) {
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }
  if (mounted) spawnSync("umount", [mounted]);
  mounted = undefined;
  rmSync(base, { recursive: true });
});

/** A small disk of its own. */
function mountDisk(bytes: number): string {
  const path = join(base, "disk");
  mkdirSync(path);
  const { status, stderr } = spawnSync("mount", [
    "-t",
    "tmpfs",
    "-o",
    `size=${bytes}`,
    "none",
    path,
  ]);
  if (status !== 0) throw new Error(`mount failed: ${stderr}`);
  mounted = path;
  return path;
}

const linesOf = (path: string): string[] => readFileSync(path, "utf8").split("\n").slice(0, -1);

async function until(claim: () => boolean): Promise<void> {
  for (const end = performance.now() + WAIT_MS_MAX; !claim(); await setTimeout(5))
    if (performance.now() > end) throw new Error("waited too long");
}

async function countsIn(folder: string, segmentBytes: number): Promise<Map<string, number>> {
  await using store = await openJournalResourceStore({
    ...CONFORMANCE_OPTIONS,
    folder,
    segmentBytes,
    unfoldedMax: 2,
    retryMs: 50,
    leaderLookMs: 50,
    snapshotWaitMs: 500,
  });
  return new Map(store.list("Network").map((n) => [n.metadata.name, Number(n.spec.subnet)]));
}

it("refuses while the disk is full, recovers by itself, and loses nothing of it over a kill", async () => {
  const folder = mountDisk(4 * MIB);
  const path = join(base, "said");
  const said = openSync(path, "w");
  const ballast = join(folder, "ballast");
  const segmentBytes = 262_144;
  child = spawn(process.execPath, [FIXTURE, folder, `${segmentBytes}`], {
    stdio: ["ignore", said, "inherit"],
  });
  const ended = once(child, "exit");
  await until(() => statSync(path).size > 8_000);
  // Everything that is free now is taken, and what the child gives back meanwhile too.
  const ballastFd = openSync(ballast, "a");
  const fill = (): void => {
    try {
      for (;;) writeFileSync(ballastFd, Buffer.alloc(4_096));
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe("ENOSPC");
    }
  };
  await until(() => {
    fill();
    return linesOf(path).includes("refused STORAGE_FULL");
  });
  closeSync(ballastFd);
  unlinkSync(ballast);
  await until(() => {
    const lines = linesOf(path);
    return lines.findLastIndex((line) => line.startsWith("refused")) < lines.length - 1_000;
  });
  child.kill("SIGKILL");
  expect(await ended).toEqual([null, "SIGKILL"]);
  closeSync(said);
  const lines = linesOf(path);
  expect(
    lines.filter((line) => line.startsWith("refused")).every((l) => l === "refused STORAGE_FULL"),
  ).toBe(true);
  const counts = await countsIn(folder, segmentBytes);
  const acknowledged = new Map<string, number>();
  for (const line of lines.filter((l) => l.startsWith("w"))) {
    const [name = "", count] = line.split(" ");
    acknowledged.set(name, Number(count));
  }
  expect(acknowledged.size).toBe(8);
  for (const [name, count] of acknowledged) expect(counts.get(name)).toBeGreaterThanOrEqual(count);
});

it("goes on as an unprivileged user whose path to the folder is closed", async () => {
  const folder = join(base, "closed", "state");
  mkdirSync(folder, { recursive: true });
  chownSync(folder, NOBODY, NOBODY);
  chmodSync(join(base, "closed"), 0o700);
  const path = join(base, "said");
  const said = openSync(path, "w");
  child = spawn(process.execPath, [FIXTURE, ".", "65536", `${NOBODY}`], {
    cwd: folder,
    stdio: ["ignore", said, "inherit"],
  });
  const ended = once(child, "exit");
  // Past the segments that were made by root, and well into those that were folded and deleted since.
  await until(
    () => (listSegments(folder)[0] ?? 0) > firstSegmentOf(1) + 20 || child?.exitCode !== null,
  );
  child.kill("SIGTERM");
  expect(await ended).toEqual([null, "SIGTERM"]);
  closeSync(said);
  // While it ran, each of them might have gone before it was looked at.
  const owners = listSegments(folder).map((s) => statSync(join(folder, segmentName(s))).uid);
  expect(new Set(owners)).toEqual(new Set([NOBODY]));
  expect(linesOf(path).filter((line) => line.startsWith("refused"))).toEqual([]);
  const counts = await countsIn(folder, 65_536);
  expect(counts.size).toBe(8);
});
