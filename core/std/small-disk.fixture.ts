import { execFileSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** For tests, as root: a disk of so many MiB, in memory, that is soon full. Disposing it takes it away with all on it. */
export class SmallDisk implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), "flotilla-small-disk-"));

  constructor(mebibytes: number) {
    execFileSync("mount", ["-t", "tmpfs", "-o", optionsOf(mebibytes), "none", this.path]);
  }

  /** Another size: smaller than what is on it is refused by the kernel. */
  resize(mebibytes: number): void {
    execFileSync("mount", ["-o", `remount,${optionsOf(mebibytes)}`, this.path]);
  }

  [Symbol.dispose](): void {
    execFileSync("umount", [this.path]);
    rmdirSync(this.path);
  }
}

/** A state folder on it is read by others than root, as one on the machine's own disk is. */
function optionsOf(mebibytes: number): string {
  return `size=${Math.round(mebibytes * 1_024)}k,mode=755`;
}
