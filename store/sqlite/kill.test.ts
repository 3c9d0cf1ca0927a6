import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, it } from "vitest";
import { systemClock } from "../../core/std/clock.ts";
import { DOCUMENT_TEST_BOUNDS, SHIPS } from "../conformance/documents/harness.ts";
import { openSqliteDocumentStore, SQLITE_DOCUMENT_BOUNDS } from "./sqlite-document-store.ts";

const KILLS = 8;
const BYTES_PER_LINE = 6;
const FIXTURE = join(import.meta.dirname, "document-writer.fixture.ts");

/** A process that writes into the file; what it was answered lies in a file of its own. */
class WriterProcess {
  readonly #path: string;
  readonly #child: ChildProcess;

  constructor(folder: string, name: string) {
    this.#path = join(folder, `said-${name}`);
    const said = openSync(this.#path, "w");
    const args = ["--disable-warning=ExperimentalWarning", FIXTURE, join(folder, "db"), name];
    this.#child = spawn(process.execPath, args, { stdio: ["ignore", said, "inherit"] });
    closeSync(said);
  }

  async hasSaid(lines: number): Promise<void> {
    while (statSync(this.#path).size < lines * BYTES_PER_LINE && this.#child.exitCode === null)
      await setTimeout(1);
  }

  /** Kills it in the middle of whatever it does; what it has said until then. */
  async kill(): Promise<[string, number][]> {
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    expect(await ended).toEqual([null, "SIGKILL"]);
    const lines = readFileSync(this.#path, "utf8").split("\n").slice(0, -1);
    return lines.map((line) => [line.split(" ")[0] ?? "", Number(line.split(" ")[1])]);
  }
}

it("keeps everything that two processes were answered on one file, over kills of either", {
  timeout: 120_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "flotilla-documents-kill-"));
  const answered = new Map<string, number>();
  const shared: number[] = [];
  const take = (said: readonly [string, number][]): void => {
    for (const [id, count] of said) {
      if (id === "shared") shared.push(count);
      answered.set(id, Math.max(count, answered.get(id) ?? 0));
    }
  };
  try {
    let survivor = new WriterProcess(folder, "a");
    await survivor.hasSaid(1);
    for (let kill = 0; kill < KILLS; kill++) {
      const next = new WriterProcess(folder, kill % 2 === 0 ? "b" : "a");
      await next.hasSaid(1 + Math.random() * 200);
      take(await survivor.kill());
      survivor = next;
      await survivor.hasSaid(10);
    }
    take(await survivor.kill());
    await using store = await openSqliteDocumentStore({
      ...SQLITE_DOCUMENT_BOUNDS,
      ...DOCUMENT_TEST_BOUNDS,
      path: join(folder, "db"),
      clock: systemClock,
    });
    const ships = await store.collection(SHIPS);
    for (const [id, count] of answered)
      expect((await ships.get(id))?.body.size, id).toBeGreaterThanOrEqual(count);
  } finally {
    rmSync(folder, { recursive: true });
  }
  expect(answered.size).toBe(17);
  // Both counted in one document: no number was answered twice.
  expect(new Set(shared).size).toBe(shared.length);
  expect(shared.length).toBeGreaterThan(KILLS);
});
