import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SmallDisk } from "../../core/std/small-disk.fixture.ts";
import { writeState } from "../state/write-state.fixture.ts";
import { layoutOf, linkedVersion, pointTo, versionsOf } from "./layout.ts";

const run = promisify(execFile);
const FLOTILLA = join(import.meta.dirname, "../../bin/flotilla");
const NEEDS = /error: no room on the disk of \S+: the program needs \d\S*Mi, \S+ are free/;
let disk: SmallDisk;
beforeEach(() => {
  disk = new SmallDisk(24);
});
afterEach(() => disk[Symbol.dispose]());

const flotilla = (...words: readonly string[]): Promise<{ stdout: string }> =>
  run(FLOTILLA, [...words], { env: { PATH: process.env.PATH, HOME: disk.path } });
const usedBlocks = (): number => {
  const { blocks, bfree } = statfsSync(disk.path);
  return blocks - bfree;
};

describe("a program on a disk that is full", () => {
  it("is not installed: it is told how much that needs, and no part of it stays", async () => {
    await expect(flotilla("install", "--root", disk.path)).rejects.toMatchObject({
      stderr: expect.stringMatching(NEEDS),
    });
    const left = readdirSync(disk.path, { recursive: true, encoding: "utf8" });
    expect(left.filter((name) => !/^opt(\/flotilla(\/lock(\.pid)?)?)?$/.test(name))).toEqual([]);
    disk.resize(400);
    await flotilla("install", "--root", disk.path);
    expect(linkedVersion(join(disk.path, "opt/flotilla/current"))).toBeDefined();
  }, 60_000);

  it("does not take the place of the one that runs: that stays as it was", async () => {
    const layout = layoutOf(join(disk.path, "flotilla"));
    mkdirSync(join(layout.versions, "0.0.1"), { recursive: true });
    writeFileSync(join(layout.versions, "0.0.1", "package.json"), "{}");
    await pointTo(layout.current, "0.0.1");
    mkdirSync(join(disk.path, "state"));
    const before = usedBlocks();
    const words = ["upgrade", "--prefix", layout.prefix, "--state", join(disk.path, "state")];
    await expect(flotilla(...words)).rejects.toMatchObject({
      stderr: expect.stringMatching(NEEDS),
    });
    expect([versionsOf(layout), linkedVersion(layout.current)]).toEqual([["0.0.1"], "0.0.1"]);
    expect(readdirSync(layout.versions)).toEqual(["0.0.1"]);
    expect(usedBlocks() - before).toBeLessThan(20);
  }, 60_000);

  it("is not tried where the state's disk has no room for a copy of it", async () => {
    disk.resize(400);
    const layout = layoutOf(join(disk.path, "flotilla"));
    mkdirSync(join(layout.versions, "0.0.1"), { recursive: true });
    await pointTo(layout.current, "0.0.1");
    using stateDisk = new SmallDisk(32);
    const state = join(stateDisk.path, "state");
    mkdirSync(state);
    await writeState(state);
    const before = readdirSync(state);
    await expect(
      flotilla("upgrade", "--prefix", layout.prefix, "--state", state),
    ).rejects.toMatchObject({
      stderr: expect.stringMatching(
        /does not take this state: no room on the disk of \S+: a copy of the state to try it on needs \S+Mi, \S+Mi are free\nnext: +nothing was changed; make room there and do it again\n/,
      ),
    });
    expect(linkedVersion(layout.current)).toBe("0.0.1");
    const isLock = (name: string): boolean => /^lock(\.pid)?$/.test(name);
    expect(readdirSync(state).filter((name) => !isLock(name))).toEqual(before);
  }, 60_000);
});
