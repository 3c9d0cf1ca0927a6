import type { ProcessStat } from "./proc-stat.ts";

/** One row of /proc/self/mounts. */
export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly type: string;
  readonly options: readonly string[];
}

/**
 * All that our TypeScript asks of the kernel through files. It is synchronous: these files answer from memory in
 * microseconds. Off Linux the reads find nothing, which callers take as "not there".
 */
export interface Linux extends Disposable {
  /** The whole text, at most READ_MAX bytes; undefined when there is no such file (any more). */
  read(path: string): string | undefined;
  /** As `read`, but through a descriptor that stays open: for files of plain ASCII that are read every second. */
  readKept(path: string): string | undefined;
  /** Closes the kept descriptors of files in `folder`. */
  forget(folder: string): void;
  /** One write of the value to a file that is there. A refusal names file, value and cause. */
  write(path: string, value: string): void;
  exists(path: string): boolean;
  /** Names in a folder, sorted; none when it is not there. */
  list(path: string): readonly string[];
  /** Makes the folder and its parents; it may be there already. */
  makeFolder(path: string): void;
  /** Removes one folder (a cgroup): true when it is gone, false while it is busy or not empty. */
  removeFolder(path: string): boolean;
  mounts(): readonly Mount[];
  processStat(pid: number): ProcessStat | undefined;
  /** Ids of all processes. */
  processes(): readonly number[];
  /** False when nobody has that id; a negative id means a process group. */
  kill(pid: number, signal: NodeJS.Signals | 0): boolean;
  /** Bytes that may still be written below a folder. */
  freeBytes(path: string): number;
}

/** Kernel files are small; whatever is longer is cut here. */
export const READ_MAX: number = 256 * 1024;

/** Rows of /proc/self/mounts; the kernel writes blanks in paths as octal escapes. */
export function parseMounts(text: string): readonly Mount[] {
  const plain = (word: string): string =>
    word.replace(/\\([0-7]{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
  return text
    .split("\n")
    .map((line) => line.split(" "))
    .filter((words) => words.length >= 4)
    .map(([source = "", target = "", type = "", options = ""]) => ({
      source: plain(source),
      target: plain(target),
      type,
      options: options.split(","),
    }));
}
