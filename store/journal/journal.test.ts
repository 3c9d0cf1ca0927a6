import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CONFORMANCE_OPTIONS, make, network, ref, withSubnet } from "../conformance/harness.ts";
import { anyStep, sameAsMap } from "../conformance/model.ts";
import type { LiveStoreOptions } from "../live-store.ts";
import type { ResourceStore } from "../resource-store.ts";
import { type JournalStoreOptions, openJournalResourceStore } from "./journal-resource-store.ts";
import { encodeRecord } from "./record.ts";
import { migrate, readMeta, SNAPSHOT_MIGRATIONS } from "./schema.ts";
import { listSegments, readSegment, segmentName } from "./segment-files.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flotilla-journal-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const SMALL = {
  ...{ segmentBytes: 32_768, unfoldedMax: 2, retryMs: 0 },
  ...{ leaderLookMs: 50, snapshotWaitMs: 500 },
};
const open = (more: Partial<JournalStoreOptions> = {}): Promise<ResourceStore> =>
  openJournalResourceStore({ ...CONFORMANCE_OPTIONS, ...SMALL, folder, ...more });
const subnets = (store: ResourceStore): string[] =>
  store
    .list("Network")
    .map((n) => `${n.metadata.name}=${n.spec.subnet}`)
    .sort();

async function fill(count: number): Promise<string[]> {
  await using store = await open();
  for (let i = 0; i < count; i++) await make(store, `n${i}`, `${i}`);
  return subnets(store);
}
const firstSegment = (): string => join(folder, segmentName(listSegments(folder)[0] ?? 0));

describe("a journal's files", () => {
  it("fold into the snapshot and are deleted, so that their number stays bounded", async () => {
    await using store = await open();
    let last = await make(store, "a", "0");
    for (let i = 1; i < 2_000; i++) {
      const [kept] = await store.commit([withSubnet(last, `${i}`.padEnd(200))]);
      last = kept as typeof last;
    }
    expect(Math.max(...listSegments(folder))).toBeGreaterThan(5);
    // One that was just folded is about to be deleted.
    await expect.poll(() => listSegments(folder).length).toBeLessThanOrEqual(SMALL.unfoldedMax + 2);
    await store[Symbol.asyncDispose]();
    await using again = await open();
    expect([subnets(again), again.revision]).toEqual([[`a=${"1999".padEnd(200)}`], 2_000]);
  });

  // Hundreds of segments, each of which waits for the disk.
  it("are the same as a plain map when every few commits fill a segment", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep(), { minLength: 20, maxLength: 60 }), async (steps) => {
        const own = mkdtempSync(join(folder, "run-"));
        const bounds = { groupCharsMax: 1_500, segmentBytes: 4_608, unfoldedMax: 1 };
        const tiny = { ...SMALL, ...bounds };
        const harness = {
          open: (options: LiveStoreOptions) =>
            openJournalResourceStore({ ...options, ...tiny, folder: own }),
          setFull: async () => undefined,
          [Symbol.asyncDispose]: async () => undefined,
        };
        await sameAsMap(async () => harness, steps);
      }),
      { numRuns: 10 },
    );
  }, 120_000);

  it.each([
    ["in its head", -1, 4],
    ["behind its head", -1, 30],
    ["near its end", 0, -20],
  ])("lose only a write that was cut short at the end: %s", async (_, behind, bytes) => {
    const all = await fill(10);
    const [segment = 0] = listSegments(folder);
    const path = join(folder, segmentName(segment));
    const { records } = readSegment(folder, segment);
    const cut = (records.at(behind - 1)?.end ?? 0) + bytes;
    const whole = readFileSync(path);
    writeFileSync(path, whole.fill(0, cut));
    for (let start = 1; start <= 3; start++)
      expect(await fill(0)).toEqual(all.filter((line) => line !== "n9=9"));
  });

  it("are refused with file and offset when the middle is damaged", async () => {
    await fill(10);
    const path = firstSegment();
    const { records } = readSegment(folder, listSegments(folder)[0] ?? 0);
    const start = records[3]?.end ?? 0;
    const bytes = readFileSync(path);
    bytes[start + 40] = (bytes[start + 40] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    await expect(open()).rejects.toThrow(`${path} is damaged at offset ${start}`);
    await expect(open()).rejects.toMatchObject({ code: "INTERNAL" });
  });

  it("are refused when a record between two others is missing", async () => {
    for (const [segment, number] of [
      [1, 1],
      [2, 3],
    ] as const) {
      const buffer = Buffer.alloc(32_768);
      const put = { ...network(`n${number}`) };
      const text = JSON.stringify({ revision: number, put });
      encodeRecord(buffer, segment, { number, revision: number, text });
      writeFileSync(join(folder, segmentName(segment)), buffer);
    }
    const because = "is damaged at offset 0: record 2 is missing before record 3";
    await expect(open()).rejects.toThrow(`${join(folder, segmentName(2))} ${because}`);
  });
});

describe("a journal's folder", () => {
  it("is locked: a second store is told who has it", async () => {
    await using store = await open();
    const second = await open().catch((error) => error);
    expect(second).toMatchObject({ code: "FAILED_PRECONDITION" });
    expect(second.message).toContain(`${folder} is in use by process ${process.pid}`);
    await make(store, "a");
    await store[Symbol.asyncDispose]();
    await using again = await open();
    expect(subnets(again)).toEqual(["a=10.1.0.0/24"]);
  });

  it("holds nothing but the files of this design", async () => {
    await fill(1);
    const names = readdirSync(folder).filter((name) => !/^journal[-.]/.test(name));
    expect(names.sort()).toEqual(["leader", "lock", "lock.pid", "snapshot.db"]);
  });
});

describe("a snapshot's schema", () => {
  it("is brought forward from version 1 with what is in it", async () => {
    const db = new DatabaseSync(join(folder, "snapshot.db"));
    migrate(db, "old", SNAPSHOT_MIGRATIONS.slice(0, 1));
    const object = {
      ...network("old"),
      metadata: { ...network("old").metadata, resourceVersion: "7" },
    };
    db.prepare("INSERT INTO resource VALUES (?, ?)").run(
      "Network/default/old",
      JSON.stringify(object),
    );
    db.exec("INSERT INTO meta VALUES ('revision', 7)");
    expect(readMeta(db, "version")).toBe(1);
    db.close();
    await using store = await open();
    expect([subnets(store), store.revision]).toEqual([["old=10.1.0.0/24"], 7]);
    await store.commit([{ op: "delete", ref: ref("old"), expected: "7" }]);
    await store[Symbol.asyncDispose]();
    const after = new DatabaseSync(join(folder, "snapshot.db"));
    expect(readMeta(after, "version")).toBe(SNAPSHOT_MIGRATIONS.length);
    after.close();
  });

  it("is refused when a newer release has written it", async () => {
    const db = new DatabaseSync(join(folder, "snapshot.db"));
    migrate(db, "new", [
      ...SNAPSHOT_MIGRATIONS,
      "CREATE TABLE later (a) STRICT".replace("(a)", "(a ANY)"),
    ]);
    db.close();
    const error = await open().catch((e) => e);
    expect(error).toMatchObject({ code: "FAILED_PRECONDITION" });
    expect(error.message).toContain(`version ${SNAPSHOT_MIGRATIONS.length + 1}`);
  });
});
