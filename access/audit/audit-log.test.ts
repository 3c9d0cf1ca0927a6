import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FakeClock } from "../../core/std/fake-clock.ts";
import { silentLogger } from "../../core/std/logger.ts";
import { AUDIT_BOUNDS, type AuditBounds, AuditLog } from "./audit-log.ts";
import type { AuditEntry } from "./audit-record.ts";
import { readAudit, readAuditPage } from "./read-audit.ts";
import { auditPlaceOf } from "./segment-files.ts";
import { verifyAudit } from "./verify-audit.ts";

const NOW = Date.parse("2026-06-01T00:00:00Z");
let folder = "";
let clock: FakeClock;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "flotilla-audit-"));
  clock = new FakeClock(NOW);
});
afterEach(() => rm(folder, { recursive: true }));

const entry = (n: number): AuditEntry => ({
  ...{ atMs: clock.now(), who: `user-${n}`, kind: "user", from: "127.0.0.1" },
  ...{ action: "fleets.scale", target: "default/arena", outcome: "ok" },
  ...{ before: { "spec.replicas": n }, after: { "spec.replicas": n + 1 } },
});
const openLog = (bounds: Partial<AuditBounds> = {}): Promise<AuditLog> =>
  AuditLog.open({
    ...auditPlaceOf(folder),
    ...{ bounds: { ...AUDIT_BOUNDS, ...bounds }, clock, logger: silentLogger },
  });
async function write(count: number, bounds: Partial<AuditBounds> = {}): Promise<void> {
  await using log = await openLog(bounds);
  for (let i = 0; i < count; i += 1) await log.append(entry(i));
}
const verify = (place = folder) => verifyAudit(auditPlaceOf(place));
const segmentFiles = async (place = folder): Promise<string[]> =>
  (await readdir(join(place, "audit"))).sort().map((name) => join(place, "audit", name));

describe("the audit log", () => {
  it("keeps what it was given, in its order, over restarts", async () => {
    await write(3);
    await write(2);
    await using log = await openLog();
    const { items } = await readAuditPage(log, {}, 10);
    expect(items.map(({ seq, who }) => `${seq} ${who}`)).toEqual([
      ...["5 user-1", "4 user-0", "3 user-2", "2 user-1", "1 user-0"],
    ]);
    expect(items[0]).toMatchObject({ after: { "spec.replicas": 2 }, outcome: "ok" });
    expect(await verify()).toMatchObject({ problems: [], notes: [], records: 5, firstSeq: 1 });
  });

  it("writes many that come at once in few groups, and none is lost", async () => {
    await using log = await openLog();
    await Promise.all(Array.from({ length: 3_000 }, (_, i) => log.append(entry(i))));
    expect(log.seq).toBe(3_000);
    expect(await verify()).toMatchObject({ problems: [], records: 3_000 });
  });

  it("says when more wait than may, and later that records were lost", async () => {
    await using log = await openLog({ waitingMax: 10 });
    const all = Array.from({ length: 15 }, (_, i) => log.append(entry(i)));
    const settled = await Promise.allSettled(all);
    expect(settled.filter(({ status }) => status === "rejected")).toHaveLength(5);
    await log.append(entry(99));
    const { items } = await readAuditPage(log, { action: "audit.lost" }, 10);
    expect(items.map(({ message }) => message)).toEqual(["5 records were lost"]);
  });

  it("pages and filters, the newest first", async () => {
    await write(30, { segmentBytes: 2_000 });
    await using log = await openLog();
    const pages: number[][] = [];
    let before: number | undefined;
    do {
      const page = await readAuditPage(log, before === undefined ? {} : { before }, 12);
      pages.push(page.items.map(({ seq }) => seq));
      before = page.next;
    } while (before !== undefined);
    expect(pages.map((page) => page.length)).toEqual([12, 12, 6]);
    expect(pages.flat()).toEqual(Array.from({ length: 30 }, (_, i) => 30 - i));
    expect((await readAuditPage(log, { who: "user-17" }, 12)).items).toHaveLength(1);
    expect((await readAuditPage(log, { fromMs: NOW + 1 }, 12)).items).toEqual([]);
    let all = 0;
    for await (const _ of readAudit(log, { target: "arena" })) all += 1;
    expect(all).toBe(30);
  });

  it("stays within its size and age, and what remains is still proven", async () => {
    const bounds = { segmentBytes: 2_000, bytesMax: 8_000 };
    await write(200, bounds);
    const files = await segmentFiles();
    expect(files.length).toBeLessThanOrEqual(5);
    const found = await verify();
    expect(found).toMatchObject({ problems: [], last: { seq: 200 } });
    expect(found.firstSeq).toBeGreaterThan(150);
    await clock.advance(40 * 86_400_000);
    await write(1, { ...bounds, ageMsMax: 30 * 86_400_000 });
    await clock.advance(40 * 86_400_000);
    await write(1, { ...bounds, ageMsMax: 30 * 86_400_000 });
    expect(await verify()).toMatchObject({ problems: [], records: 2 });
    // The oldest that remains is missed when somebody else takes it away.
    await rm((await segmentFiles())[0] ?? "");
    expect((await verify()).problems[0]).toMatch(/^segment \d+ is missing at the beginning$/);
  });
});

describe("a crash in the middle of a write", () => {
  it("leaves a torn record that the next start removes, says so, and goes on", async () => {
    await write(4);
    const [file = ""] = await segmentFiles();
    const whole = await readFile(file);
    // What the anchor knows of was synced; a crash cuts only what came after it.
    await writeFile(file, Buffer.concat([whole, Buffer.from('{"hash":"12ab')]));
    expect(await verify()).toMatchObject({
      problems: [],
      notes: [expect.stringContaining("not whole")],
    });
    await write(1);
    await using log = await openLog();
    const { items } = await readAuditPage(log, {}, 2);
    expect(items[1]).toMatchObject({
      action: "audit.mended",
      message: expect.stringContaining("13 bytes"),
    });
    expect(await verify()).toMatchObject({ problems: [], notes: [], records: 6 });
  });

  it("leaves a segment without a head that was never used", async () => {
    await write(2);
    await writeFile(join(folder, "audit", "audit-000000000002.ndjson"), "");
    await write(1);
    expect(await verify()).toMatchObject({ problems: [], records: 4 });
  });
});

describe("what somebody does to the files", () => {
  const damage = async (change: (place: string) => Promise<void>): Promise<readonly string[]> => {
    const copy = await mkdtemp(join(tmpdir(), "flotilla-audit-copy-"));
    try {
      await cp(folder, copy, { recursive: true });
      await change(copy);
      return (await verify(copy)).problems;
    } finally {
      await rm(copy, { recursive: true });
    }
  };
  const inLines =
    (pick: (lines: string[]) => string[], file = 0) =>
    async (place: string) => {
      const path = (await segmentFiles(place))[file] ?? "";
      const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
      await writeFile(path, `${pick(lines).join("\n")}\n`);
    };

  it("is found: any byte that is another", async () => {
    await write(12, { segmentBytes: 2_000 });
    const files = await segmentFiles();
    const sizes = await Promise.all(files.map(async (file) => (await readFile(file)).length));
    await fc.assert(
      fc.asyncProperty(
        fc.nat(files.length - 1),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.integer({ min: 1, max: 255 }),
        async (file, at, bits) => {
          const problems = await damage(async (place) => {
            const path = (await segmentFiles(place))[file] ?? "";
            const content = await readFile(path);
            const i = Math.floor(at * (sizes[file] ?? 0));
            content[i] = (content[i] ?? 0) ^ bits;
            await writeFile(path, content);
          });
          expect(problems).not.toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("is found: lines and segments that are missing, doubled, swapped or cut off", async () => {
    await write(12, { segmentBytes: 2_000 });
    const swap = (lines: string[]): string[] => {
      const [head = "", a = "", b = "", ...rest] = lines;
      return [head, b, a, ...rest];
    };
    expect(await damage(inLines(swap))).not.toEqual([]);
    expect(await damage(inLines((lines) => lines.toSpliced(2, 1)))).not.toEqual([]);
    expect(await damage(inLines((lines) => lines.toSpliced(2, 0, lines[2] ?? "")))).not.toEqual([]);
    expect(await damage(inLines((lines) => lines.slice(1)))).not.toEqual([]);
    const files = await segmentFiles();
    for (const i of files.keys()) {
      const gone = await damage(async (place) => rm((await segmentFiles(place))[i] ?? ""));
      expect(gone, `segment ${i}`).not.toEqual([]);
      expect(await damage(inLines((lines) => lines.slice(0, -1), i)), `end of ${i}`).not.toEqual(
        [],
      );
    }
  });

  it("is remembered: a log that was cut off goes on, and says for ever that it was", async () => {
    await write(6);
    await inLines((lines) => lines.slice(0, 3))(folder);
    await write(2);
    const { problems } = await verify();
    expect(problems.join("\n")).toContain("records up to 6");
    await write(2);
    expect((await verify()).problems).toEqual(problems);
  });

  it("is found by a record that was noted elsewhere, even when everything was written anew", async () => {
    await write(5);
    const { last } = await verify();
    const noted = { seq: last?.seq ?? 0, hash: last?.hash ?? "" };
    expect((await verifyAudit(auditPlaceOf(folder), noted)).problems).toEqual([]);
    await rm(join(folder, "audit"), { recursive: true });
    await rm(join(folder, "audit-anchor.json"));
    await clock.advance(1);
    await write(5);
    expect((await verify()).problems).toEqual([]);
    const found = await verifyAudit(auditPlaceOf(folder), noted);
    expect(found.problems).toContain("record 5 is not the one that was noted");
  });
});
