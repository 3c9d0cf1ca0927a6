import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import type { LogLine } from "./driver.ts";
import { parseLogLine } from "./log-line.ts";
import { LOG_FILES } from "./log-writer.ts";

/** A file's first bytes hold the time of its first line: other ones mean that it has started over. */
const HEAD_BYTES = 64;
/** Of `2026-01-02T03:04:05.678Z`. */
const TIME_LENGTH = 24;

interface Look {
  readonly heads: readonly string[];
  /** Index of the file that is written to. */
  readonly newest: number;
}

/** A place in a container's two log files; it moves to what was written since, across their turns. */
export class LogCursor {
  readonly #paths: readonly string[];
  #at: { file: number; offset: number; heads: readonly string[] } | undefined;

  constructor(folder: string) {
    this.#paths = LOG_FILES.map((name) => join(folder, name));
  }

  /** All whole lines since the last call, the oldest first; the first call gives all that is kept. */
  async take(): Promise<readonly LogLine[]> {
    const look = await this.#look();
    const { file, heads } = this.#at ?? { file: -1, heads: [] };
    const same = (index: number): boolean => !heads[index] || heads[index] === look.heads[index];
    // Both files have started over since: what is gone is gone.
    if (file < 0 || !same(file)) return this.#takeAll(look);
    const lines = await this.#rest(file, look);
    const other = 1 - file;
    const turned = look.heads[other] !== heads[other] && look.heads[other] !== "";
    if (!turned) return lines;
    this.#at = { file: other, offset: 0, heads: look.heads };
    return [...lines, ...(await this.#rest(other, look))];
  }

  async #takeAll(look: Look): Promise<readonly LogLine[]> {
    const older = 1 - look.newest;
    this.#at = { file: older, offset: 0, heads: look.heads };
    const lines = await this.#rest(older, look);
    this.#at = { file: look.newest, offset: 0, heads: look.heads };
    return [...lines, ...(await this.#rest(look.newest, look))];
  }

  /** The whole lines behind the cursor in one file. */
  async #rest(file: number, { heads }: Look): Promise<readonly LogLine[]> {
    const offset = this.#at?.offset ?? 0;
    const bytes = await readFrom(this.#paths[file] ?? "", offset);
    const end = bytes.lastIndexOf("\n") + 1;
    this.#at = { file, offset: offset + end, heads };
    const lines = bytes.toString("utf8", 0, end).split("\n");
    return lines.map(parseLogLine).filter((line) => line !== undefined);
  }

  async #look(): Promise<Look> {
    const looks = await Promise.all(this.#paths.map(lookAt));
    const heads = looks.map(({ head }) => head);
    return { heads, newest: isNewer(looks[1], looks[0]) ? 1 : 0 };
  }
}

interface FileLook {
  readonly head: string;
  readonly mtimeMs: number;
}

/** The file whose first line is the later one is written to now; two within one millisecond are told apart by the disk. */
function isNewer(a: FileLook | undefined, b: FileLook | undefined): boolean {
  if (!a?.head) return false;
  const [timeA, timeB] = [a.head.slice(0, TIME_LENGTH), (b?.head ?? "").slice(0, TIME_LENGTH)];
  return timeA === timeB ? a.mtimeMs > (b?.mtimeMs ?? 0) : timeA > timeB;
}

async function lookAt(path: string): Promise<FileLook> {
  const file = await openIfThere(path);
  if (file === undefined) return { head: "", mtimeMs: 0 };
  await using handle = file;
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
  const { mtimeMs } = await handle.stat();
  const head = buffer.toString("latin1", 0, bytesRead);
  // A first line that is still being written is no mark yet.
  return { head: bytesRead < HEAD_BYTES && !head.includes("\n") ? "" : firstLine(head), mtimeMs };
}

const firstLine = (head: string): string => head.split("\n")[0] ?? "";

async function readFrom(path: string, offset: number): Promise<Buffer> {
  const file = await openIfThere(path);
  if (file === undefined) return Buffer.alloc(0);
  await using handle = file;
  const { size } = await handle.stat();
  const length = Math.max(0, size - offset);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset);
  return buffer.subarray(0, bytesRead);
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  return open(path, "r").catch(() => undefined);
}
