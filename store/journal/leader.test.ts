import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Network } from "../../core/model/network.ts";
import { seededRandom } from "../../core/std/random.ts";
import { CONFORMANCE_OPTIONS, make, network, withSubnet } from "../conformance/harness.ts";
import type { ResourceStore } from "../resource-store.ts";
import { foldSegment } from "./fold.ts";
import { openJournalResourceStore } from "./journal-resource-store.ts";
import { encodeRecord } from "./record.ts";
import { firstSegmentOf, listSegments, segmentName } from "./segment-files.ts";
import { Snapshot } from "./snapshot.ts";

const BOUNDS = {
  ...{ segmentBytes: 32_768, unfoldedMax: 2, retryMs: 0 },
  ...{ leaderLookMs: 20, snapshotWaitMs: 5_000 },
};
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flotilla-leader-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (more = {}): Promise<ResourceStore> =>
  openJournalResourceStore({ ...CONFORMANCE_OPTIONS, ...BOUNDS, folder, ...more });

/** As if somebody had cleared the lock away while its process stood still. */
const loseLock = (): void => rmSync(join(folder, "lock"));
const namesIn = (store: ResourceStore): string[] =>
  store
    .list("Network")
    .map(({ metadata }) => metadata.name)
    .sort();
const OVER = expect.stringMatching(/another process has taken over the state folder .*flotilla-l/);

describe("a leader without its lock", () => {
  it("answers no write and no read once another one has opened the folder", async () => {
    await using first = await open({ leaderLookMs: 60_000 });
    await make(first, "a");
    loseLock();
    await using second = await open();
    expect(namesIn(second)).toEqual(["a"]);
    const refusal = { code: "UNAVAILABLE", message: OVER };
    await expect(first.settled()).rejects.toMatchObject(refusal);
    await expect(make(first, "b")).rejects.toMatchObject(refusal);
    expect((await first.fatal).message).toEqual(OVER);
    await make(second, "c");
    await second[Symbol.asyncDispose]();
    await using third = await open();
    expect(namesIn(third)).toEqual(["a", "c"]);
  });

  it("ends by itself when it has nothing to answer", async () => {
    await using first = await open();
    loseLock();
    await using _second = await open();
    expect((await first.fatal).message).toEqual(OVER);
  });

  it("is told so when its file was removed, whoever did it", async () => {
    await using first = await open({ leaderLookMs: 60_000 });
    rmSync(join(folder, "leader"));
    await expect(make(first, "a")).rejects.toMatchObject({ message: OVER });
  });

  it("folds nothing more into the snapshot", async () => {
    const options = { ...CONFORMANCE_OPTIONS, ...BOUNDS };
    using snapshot = new Snapshot(folder, options);
    const epoch = snapshot.takeOver(0, (taken) => taken);
    const put = { ...network("a") };
    snapshot.fold([{ revision: 1, put }], { record: 1, revision: 1 }, epoch);
    using other = new Snapshot(folder, options);
    expect(other.takeOver(0, (taken) => taken)).toBe(epoch + 1);
    const late = (): void =>
      snapshot.fold([{ revision: 2, put }], { record: 2, revision: 2 }, epoch);
    expect(late).toThrow(/another process has taken over/);
    expect(other.mark).toEqual({ record: 1, revision: 1 });
  });

  it("cannot be followed while it holds the snapshot, and goes on", async () => {
    await using first = await open();
    loseLock();
    using held = new Snapshot(folder, { ...CONFORMANCE_OPTIONS, ...BOUNDS });
    let refusal: Promise<unknown> | undefined;
    held.takeOver(0, () => {
      // Up to its first wait, in which it asks for the snapshot.
      refusal = open({ snapshotWaitMs: 50 }).catch((error) => error);
    });
    expect(await refusal).toMatchObject({ code: "FAILED_PRECONDITION" });
    await make(first, "a");
  });
});

/** Writes a segment by hand: records as [number, name]. */
function writeSegment(
  segment: number,
  base: object | undefined,
  records: [number, string][],
): void {
  const buffer = Buffer.alloc(BOUNDS.segmentBytes);
  let position = 0;
  const add = (number: number, text: string): void => {
    const one = Buffer.alloc(9_000);
    const length = encodeRecord(one, segment, { number, revision: number, text });
    one.copy(buffer, position, 0, length);
    position += length;
  };
  if (base) add((records[0]?.[0] ?? 1) - 1, JSON.stringify(base));
  for (const [revision, name] of records)
    add(revision, JSON.stringify({ revision, put: network(name) }));
  writeFileSync(join(folder, segmentName(segment)), buffer);
}
const [ONE, TWO] = [firstSegmentOf(1), firstSegmentOf(2)];

describe("a write of a deposed leader that reaches the disk late", () => {
  it("does not count: neither at the next start, nor in the snapshot", async () => {
    writeSegment(ONE, { after: [] }, [
      [1, "a"],
      [2, "b"],
      [3, "late"],
    ]);
    writeSegment(TWO, { after: [[ONE, 2]] }, [[3, "c"]]);
    for (let start = 1; start <= 3; start++) {
      await using store = await open();
      expect([namesIn(store), store.revision]).toEqual([["a", "b", "c"], 3]);
      while (listSegments(folder).some((segment) => segment <= TWO)) await setImmediate();
    }
  });

  it("is left out when its segment is folded", () => {
    using snapshot = new Snapshot(folder, { ...CONFORMANCE_OPTIONS, ...BOUNDS });
    const epoch = snapshot.takeOver(0, (taken) => taken);
    writeSegment(ONE, { after: [] }, [
      [1, "a"],
      [2, "late"],
    ]);
    foldSegment(snapshot, folder, { segment: ONE, upTo: 1 }, epoch);
    expect(snapshot.mark).toEqual({ record: 1, revision: 1 });
  });

  it("is told from a record that was lost", async () => {
    writeSegment(TWO, { after: [[ONE, 2]] }, [[3, "c"]]);
    const path = join(folder, segmentName(TWO));
    await expect(open()).rejects.toThrow(`${path} is damaged at offset 0: record 1 is missing`);
    writeSegment(TWO, { after: [[ONE, 2]] }, []);
    writeFileSync(path, readFileSync(path).fill(0, 0));
    writeSegment(TWO + 1, undefined, [[3, "c"]]);
    await expect(open()).rejects.toThrow(`${path} is damaged at offset 0: what it goes on from`);
  });
});

const ROUNDS = 8;
const WRITERS = 6;

/** What all leaders together answered. */
interface Ledger {
  /** Of the shared counters: who answered which value. */
  readonly values: Map<string, string>;
  readonly wrongs: string[];
  answers: number;
}

/** Counts up until the store fails; each value that is answered goes into the ledger. */
async function countUp(
  store: ResourceStore,
  leader: string,
  name: string,
  ledger: Ledger,
): Promise<void> {
  for (;;) {
    const before: Network | undefined = store.get("Network", "default", name);
    const count = `${Number(before?.spec.subnet ?? 0) + 1}`;
    const write = before
      ? withSubnet(before, count)
      : ({ op: "create", object: network(name, count) } as const);
    try {
      await store.commit([write]);
    } catch {
      return;
    }
    const value = `${name}=${count}`;
    const other = ledger.values.get(value);
    if (other) ledger.wrongs.push(`${value} was answered by ${other} and by ${leader}`);
    ledger.values.set(value, leader);
    ledger.answers += 1;
  }
}

describe("leaders of one folder that follow each other with commits in flight", () => {
  const seed = Date.now() % 1_000_000;
  it(`lose and contradict nothing that was answered (seed ${seed})`, async () => {
    const random = seededRandom(seed);
    const ledger: Ledger = { values: new Map(), wrongs: [], answers: 0 };
    await using stack = new AsyncDisposableStack();
    const counting: Promise<void>[] = [];
    let deposed: ResourceStore | undefined;
    for (let round = 0; round < ROUNDS; round++) {
      const store = stack.use(await open());
      const answers = ledger.answers;
      // Whoever was deposed by this opening has said its last word.
      for (let turn = 0; turn < 5; turn++) await setImmediate();
      if (deposed) expect(ledger.answers, `round ${round}`).toBe(answers);
      deposed = store;
      for (let i = 0; i < WRITERS; i++) counting.push(countUp(store, `${round}`, `n${i}`, ledger));
      const until = ledger.answers + random.integer(1, 400);
      while (ledger.answers < until) await setImmediate();
      loseLock();
    }
    await using last = await open();
    await Promise.all(counting);
    expect(ledger.wrongs).toEqual([]);
    for (const value of ledger.values.keys()) {
      const [name = "", count] = value.split("=");
      const kept = Number(last.get("Network", "default", name)?.spec.subnet);
      expect(kept, name).toBeGreaterThanOrEqual(Number(count));
    }
    expect(new Set(ledger.values.values()).size).toBe(ROUNDS);
  });
});
