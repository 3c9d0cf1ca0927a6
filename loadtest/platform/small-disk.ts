import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

/** Folders of load tests that are disks of their own begin so. */
const DISK_PREFIX = "flotilla-disk-";

/** A disk of so many MiB, in memory, for a state folder that is to become full; disposing it takes it away. */
export class SmallDisk implements Disposable {
  readonly path: string;

  constructor(mebibytes: number) {
    this.path = mkdtempSync(join(tmpdir(), DISK_PREFIX));
    try {
      const options = `size=${mebibytes}m,mode=711`;
      execFileSync("mount", ["-t", "tmpfs", "-o", options, "none", this.path], { stdio: "pipe" });
    } catch (error) {
      rmdirSync(this.path);
      throw error;
    }
  }

  /** Its name below the folder for temporary files. */
  get name(): string {
    return basename(this.path);
  }

  [Symbol.dispose](): void {
    takeAway(this.path);
  }
}

/** Disks that runs which were killed left behind; empty ones are taken away by `takeAway`. */
export function leftDisks(): readonly string[] {
  const names = readdirSync(tmpdir()).filter((name) => name.startsWith(DISK_PREFIX));
  return names.map((name) => join(tmpdir(), name));
}

export function takeAway(disk: string): void {
  execFileSync("umount", [disk], { stdio: "pipe" });
  rmdirSync(disk);
}
