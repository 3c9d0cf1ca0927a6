import { execFileSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** For tests, as root: a disk of its own, in memory, that is soon full. Disposing it takes it away with all that is on it. */
export class TestDisk implements Disposable {
  readonly path: string;

  constructor(mebibytes: number) {
    this.path = mkdtempSync(join(tmpdir(), "flotilla-disk-"));
    const options = `size=${mebibytes}m,mode=755`;
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "none", this.path]);
  }

  /** Another size: smaller than what is on it is refused by the kernel. */
  resize(mebibytes: number): void {
    execFileSync("mount", ["-o", `remount,size=${mebibytes}m`, this.path]);
  }

  [Symbol.dispose](): void {
    execFileSync("umount", [this.path]);
    rmdirSync(this.path);
  }
}
