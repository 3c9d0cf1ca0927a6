import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, it } from "vitest";
import { seededRandom } from "../../core/std/random.ts";
import { CONFORMANCE_OPTIONS } from "../conformance/harness.ts";
import { openJournalResourceStore } from "./journal-resource-store.ts";

const TAKEOVERS = 6;
const FIXTURE = join(import.meta.dirname, "committer.fixture.ts");
/** What the fixture ends with when its store failed for good. */
const FATAL = 3;

/** A process that commits without a pause and says what was acknowledged. */
class Committer implements Disposable {
  readonly #path: string;
  readonly #child: ChildProcess;
  readonly ended: Promise<unknown[]>;

  constructor(folder: string, path: string) {
    this.#path = path;
    const said = openSync(path, "w");
    this.#child = spawn(process.execPath, [FIXTURE, folder], { stdio: ["ignore", said, said] });
    this.ended = once(this.#child, "exit");
    closeSync(said);
  }

  get lines(): string[] {
    return readFileSync(this.#path, "utf8").split("\n").slice(0, -1);
  }
  get acknowledged(): string[] {
    return this.lines.filter((line) => /^w\d+ \d+$/.test(line));
  }
  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Resolves when it acknowledged so many more, or ended. */
  async commits(more: number): Promise<void> {
    const until = this.acknowledged.length + more;
    while (this.acknowledged.length < until && !this.hasEnded) await setTimeout(5);
  }

  [Symbol.dispose](): void {
    this.#child.kill("SIGKILL");
  }
}

const seed = Date.now() % 1_000_000;

it(`processes that take a folder over from one that stands still contradict nothing that it answered (seed ${seed})`, {
  timeout: 120_000,
}, async () => {
  const random = seededRandom(seed);
  const base = mkdtempSync(join(tmpdir(), "flotilla-takeover-"));
  const folder = mkdtempSync(join(base, "state-"));
  const all: Committer[] = [];
  using stack = new DisposableStack();
  const start = (): Committer => {
    const committer = stack.use(new Committer(folder, join(base, `said-${all.length}`)));
    all.push(committer);
    return committer;
  };
  try {
    let leader = start();
    for (let done = 0; done < TAKEOVERS; ) {
      await leader.commits(random.integer(1, 500));
      const standsStill = random.next() < 0.8;
      if (standsStill) leader.signal("SIGSTOP");
      const before = leader.acknowledged.length;
      rmSync(join(folder, "lock"));
      const next = start();
      await next.commits(random.integer(1, 200));
      if (standsStill) leader.signal("SIGCONT");
      if (next.hasEnded) {
        // It stood still with the snapshot in its hands: nobody took over, and it goes on.
        expect(next.lines.join("\n")).toContain("another process holds the snapshot");
        await leader.commits(100);
        expect(leader.hasEnded).toBe(false);
        continue;
      }
      expect(await leader.ended).toEqual([FATAL, null]);
      expect(leader.lines.join("\n")).toContain("fatal another process has taken over");
      // What was answered already when it stopped may still be on its way into the file; all else is the next one's.
      if (standsStill) expect(leader.acknowledged.length - before).toBeLessThanOrEqual(8);
      leader = next;
      done += 1;
    }
    await leader.commits(100);
    leader.signal("SIGKILL");
    await leader.ended;

    const values = all.flatMap(({ acknowledged }) => acknowledged);
    expect(new Set(values).size, "no value is acknowledged twice").toBe(values.length);
    await using store = await openJournalResourceStore({
      ...CONFORMANCE_OPTIONS,
      ...{ folder, segmentBytes: 65_536, unfoldedMax: 2, retryMs: 50 },
      ...{ leaderLookMs: 1_000, snapshotWaitMs: 5_000 },
    });
    for (const value of values) {
      const [name = "", count] = value.split(" ");
      const kept = Number(store.get("Network", "default", name)?.spec.subnet);
      expect(kept, name).toBeGreaterThanOrEqual(Number(count));
      expect(store.recall(name)?.answer).toBe(`${kept}`);
    }
  } finally {
    for (const committer of all) committer.signal("SIGKILL");
    await Promise.all(all.map(({ ended }) => ended));
    rmSync(base, { recursive: true });
  }
});
