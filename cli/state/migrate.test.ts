import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keptBefore, migrateState, planMigration, revertMigration } from "./migrate.ts";
import { readStamp, writeStamp } from "./stamp.ts";
import type { StateStep } from "./steps.ts";

const run = promisify(execFile);
const FIXTURE = join(import.meta.dirname, "killed-migration.fixture.ts");
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flotilla-migrate-"));
  mkdirSync(join(folder, "server", "blobs"), { recursive: true });
  mkdirSync(join(folder, "agent"));
  writeFileSync(join(folder, "server", "words"), "one");
  writeFileSync(join(folder, "server", "blobs", "aa"), "a layer");
  writeFileSync(join(folder, "agent", "network.json"), "{}");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const words = (where = folder): string => readFileSync(join(where, "server", "words"), "utf8");
const stamping: StateStep = { about: "a stamp", parts: [], convert: () => Promise.resolve() };
const adding = (text: string): StateStep => ({
  about: `words get ${text}`,
  parts: ["server"],
  convert: async (copy) => writeFileSync(join(copy, "server", "words"), `${words(copy)} ${text}`),
});
const failing: StateStep = {
  ...adding("never"),
  convert: async (copy) => {
    await adding("half").convert(copy);
    throw new Error("it cannot be read");
  },
};
const verify = (): Promise<void> => Promise.resolve();
const release = (writtenBy: string, ...steps: readonly StateStep[]) => ({
  steps,
  writtenBy,
  verify,
  verifyBytes: 0,
});

/** Every file with its content and inode: nothing was touched when it is the same. */
function fingerprint(): string {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  const lines = names.map((name) => {
    const stat = statSync(join(folder, name));
    const content = stat.isFile() ? readFileSync(join(folder, name)) : "";
    return `${name} ${stat.ino} ${createHash("sha256").update(content).digest("hex")}`;
  });
  return lines.join("\n");
}

describe("a migration", () => {
  it("runs each missing step once, in order, and keeps what was before", async () => {
    const done = await migrateState(folder, release("2", stamping, adding("two"), adding("three")));
    expect(done).toMatchObject({ from: 0, to: 3, parts: ["server"] });
    expect(words()).toBe("one two three");
    expect(readStamp(folder)).toEqual({ format: 3, writtenBy: "2" });
    expect(words(join(folder, "before"))).toBe("one");
    expect(await migrateState(folder, release("2", stamping, adding("two"), adding("three")))).toBe(
      undefined,
    );
    expect(words()).toBe("one two three");
  });

  it("copies nothing when no step needs it, or there is none", async () => {
    const inode = statSync(join(folder, "server")).ino;
    await migrateState(folder, release("2", stamping));
    const after = fingerprint();
    await migrateState(folder, release("3", stamping));
    expect(statSync(join(folder, "server")).ino).toBe(inode);
    expect(fingerprint()).toBe(after);
  });

  it("links what is named by its digest and copies what is written", async () => {
    await migrateState(folder, release("2", adding("two")));
    const inode = (where: string): number => statSync(join(folder, where)).ino;
    expect(inode("server/blobs/aa")).toBe(inode("before/server/blobs/aa"));
    expect(inode("server/words")).not.toBe(inode("before/server/words"));
  });

  it("that fails, in a step or when it is opened, leaves everything as it was", async () => {
    const before = fingerprint();
    await expect(migrateState(folder, release("2", stamping, failing))).rejects.toMatchObject({
      code: "FAILED_PRECONDITION",
      message: expect.stringContaining("from format 0 to 2: it cannot be read"),
      details: { next: expect.stringContaining("the old state is untouched") },
    });
    expect(fingerprint()).toBe(before);
    const unreadable = {
      ...release("2", adding("two")),
      verify: () => Promise.reject(new Error("torn")),
    };
    await expect(migrateState(folder, unreadable)).rejects.toThrow("torn");
    expect(fingerprint()).toBe(before);
  });

  it("refuses the state of a newer release and says which one can read it", async () => {
    await writeStamp(folder, { format: 7, writtenBy: "9.1.0" });
    const before = fingerprint();
    await expect(migrateState(folder, release("2", stamping))).rejects.toMatchObject({
      message: expect.stringContaining("has format 7, written by flotilla 9.1.0"),
      details: { next: expect.stringContaining("use flotilla 9.1.0 or newer") },
    });
    expect(fingerprint()).toBe(before);
  });

  it("refuses a stamp that nobody of us wrote", async () => {
    for (const text of ["", "{}", '{"format":-1,"writtenBy":"1"}', "[1]"]) {
      writeFileSync(join(folder, "state.json"), text);
      await expect(migrateState(folder, release("2", stamping))).rejects.toThrow(
        "is not what flotilla",
      );
    }
  });

  it("is taken back: the parts of before are in place again", async () => {
    await migrateState(folder, release("1", stamping));
    await migrateState(folder, release("2", stamping, adding("two")));
    expect(await keptBefore(folder)).toEqual({
      stamp: { format: 1, writtenBy: "1" },
      migratedBy: "2",
      parts: ["server"],
    });
    expect(await revertMigration(folder)).toBe(true);
    expect(words()).toBe("one");
    expect(readStamp(folder)).toEqual({ format: 1, writtenBy: "1" });
    expect(await revertMigration(folder)).toBe(false);
    await migrateState(folder, release("2", stamping, adding("two")));
    expect(words()).toBe("one two");
  });

  it("without parts is taken back to the step before, not to an older one", async () => {
    await migrateState(folder, release("2", adding("two")));
    await migrateState(folder, release("3", adding("two"), stamping));
    expect(await revertMigration(folder)).toBe(true);
    expect([words(), readStamp(folder).format]).toEqual(["one two", 1]);
  });
});

it("plans only what is missing", () => {
  const steps = [adding("a"), { ...adding("b"), parts: ["agent", "server"] as const }, stamping];
  expect(planMigration(3, steps)).toBeUndefined();
  expect(planMigration(1, steps)).toMatchObject({ parts: ["agent", "server"], from: 1, to: 3 });
  expect(planMigration(2, steps)?.parts).toEqual([]);
});

describe("a migration that is killed", () => {
  it.each(["convert", "verify"])(
    "in %s leaves the old state, and the next start migrates",
    async (at) => {
      const before = fingerprint();
      await expect(run(process.execPath, [FIXTURE, folder, at])).rejects.toMatchObject({
        signal: "SIGKILL",
      });
      expect(readdirSync(folder)).toContain("migration");
      expect(words()).toBe("one");
      rmSync(join(folder, "migration"), { recursive: true });
      expect(fingerprint()).toBe(before);
      await expect(run(process.execPath, [FIXTURE, folder, at])).rejects.toThrow();
      await migrateState(folder, release("2", adding("two")));
      expect([words(), readdirSync(folder).includes("migration")]).toEqual(["one two", false]);
    },
  );

  it("after it was decided is finished by the next start, wherever it died", async () => {
    // The states of the folder between the renames that follow the decision.
    for (const moved of [[], ["place"], ["place", "fresh"]]) {
      rmSync(folder, { recursive: true });
      mkdirSync(join(folder, "server"), { recursive: true });
      writeFileSync(join(folder, "server", "words"), "one");
      mkdirSync(join(folder, "migration", "server"), { recursive: true });
      writeFileSync(join(folder, "migration", "server", "words"), "one two");
      const commit = {
        old: { format: 0, writtenBy: "" },
        next: { format: 1, writtenBy: "2" },
        parts: ["server"],
      };
      writeFileSync(join(folder, "migration", "commit.json"), JSON.stringify(commit));
      if (moved.length > 0) {
        writeFileSync(join(folder, "before.json"), JSON.stringify(commit));
        mkdirSync(join(folder, "before"));
        await run("mv", [join(folder, "server"), join(folder, "before", "server")]);
      }
      if (moved.length > 1)
        await run("mv", [join(folder, "migration", "server"), join(folder, "server")]);
      await migrateState(folder, release("2", adding("two")));
      expect([words(), words(join(folder, "before")), readStamp(folder).format]).toEqual([
        "one two",
        "one",
        1,
      ]);
    }
  });
});
