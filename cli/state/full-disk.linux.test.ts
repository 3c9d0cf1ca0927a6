import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SmallDisk } from "../../core/std/small-disk.fixture.ts";
import { ownMigration } from "./bring-forward.ts";
import { checkCopy } from "./check-copy.ts";
import { migrateState } from "./migrate.ts";
import type { StateStep } from "./steps.ts";
import { writeState } from "./write-state.fixture.ts";

const MIB = 1_048_576;
let disk: SmallDisk;
let folder: string;
beforeEach(() => {
  disk = new SmallDisk(16);
  folder = join(disk.path, "state");
  mkdirSync(join(folder, "server"), { recursive: true });
});
afterEach(() => disk[Symbol.dispose]());

/** Every file with its content and inode: nothing was touched when it is the same. */
function fingerprint(): readonly string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  return names.map((name) => {
    const stat = statSync(join(folder, name));
    const content = stat.isFile() ? readFileSync(join(folder, name)) : "";
    return `${name} ${stat.ino} ${createHash("sha256").update(content).digest("hex")}`;
  });
}
const growing = (bytes: number): StateStep => ({
  about: "it grows",
  parts: ["server"],
  convert: async (copy) => writeFileSync(join(copy, "server", "more"), Buffer.alloc(bytes, 1)),
});
const release = (step: StateStep) => ({
  ...{ steps: [step], writtenBy: "2", verify: () => Promise.resolve(), verifyBytes: 0 },
});

describe("a migration on a disk that is full", () => {
  it("is refused before it writes anything, and says how much it needs", async () => {
    writeFileSync(join(folder, "server", "words"), Buffer.alloc(10 * MIB, 1));
    const before = fingerprint();
    await expect(migrateState(folder, release(growing(1)))).rejects.toMatchObject({
      message: expect.stringMatching(/a converted copy of it needs 11Mi, \S+Mi are free$/),
      details: { next: "make room there and start again; the old state is untouched" },
    });
    expect(fingerprint()).toEqual(before);
    disk.resize(32);
    await expect(migrateState(folder, release(growing(1)))).resolves.toMatchObject({ to: 1 });
  });

  it("that becomes full in the middle leaves the old state, and nothing of the new one", async () => {
    writeFileSync(join(folder, "server", "words"), Buffer.alloc(4 * MIB, 1));
    const before = fingerprint();
    await expect(migrateState(folder, release(growing(12 * MIB)))).rejects.toMatchObject({
      message: expect.stringMatching(/a converted copy of it needs 4\.4Mi, \S+Mi are free$/),
      details: { next: "make room there and start again; the old state is untouched" },
    });
    expect(fingerprint()).toEqual(before);
  });
});

describe("a release that is tried on a copy of the state, on a disk that is full", () => {
  it("is refused, says how much it needs, and leaves nothing there; with room it is tried", async () => {
    disk.resize(256);
    await writeState(folder);
    const before = fingerprint();
    const bytes = before.length * 4_096 + 4 * MIB;
    disk.resize(Math.ceil((usedBytes() + bytes) / MIB));
    await expect(checkCopy(folder, ownMigration())).rejects.toMatchObject({
      code: "STORAGE_FULL",
      message: expect.stringMatching(
        /a copy of the state to try it on needs \S+Mi, \S+Mi are free$/,
      ),
    });
    expect(fingerprint()).toEqual(before);
    disk.resize(512);
    await expect(checkCopy(folder, ownMigration())).resolves.toBeUndefined();
    expect(readdirSync(folder).filter((name) => name.startsWith("check-"))).toEqual([]);
  });
});

function usedBytes(): number {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.reduce((sum, name) => sum + statSync(join(folder, name)).blocks * 512, 0);
}
