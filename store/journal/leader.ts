import {
  type BigIntStats,
  closeSync,
  fchownSync,
  fstatSync,
  openSync,
  renameSync,
  statSync,
  writeSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { FleetError } from "../../core/std/errors.ts";
import { ownerOf } from "./owned-file.ts";

const NAME = "leader";
const NEXT = "leader.new";

/**
 * That this journal, and no later one, writes to the folder: its own `leader` file is the one that has this name. The
 * lock alone cannot say so: its file may be deleted while the process that holds it stands still.
 *
 * A new leader first replaces the file and then reads the segments; the one before first writes a record and then looks
 * at the file. So when it still finds its own, the record was there before the file was replaced, and the new leader
 * reads it; when it does not, the record may or may not have been read, and nothing is answered. A third case there is not.
 */
export class Leader implements Disposable {
  readonly epoch: number;
  readonly #path: string;
  readonly #folder: string;
  /** Kept open: as long as it is, no other file can have the same inode. */
  readonly #fd: number;
  readonly #mine: BigIntStats;

  private constructor(folder: string, epoch: number, fd: number) {
    this.epoch = epoch;
    this.#path = join(folder, NAME);
    this.#folder = resolve(folder);
    this.#fd = fd;
    this.#mine = fstatSync(fd, { bigint: true });
  }

  /** Replaces the file. Only one process at a time may do this: see `Snapshot.takeOver`. */
  static replace(folder: string, epoch: number): Leader {
    const next = join(folder, NEXT);
    const fd = openSync(next, "w", 0o600);
    const owner = ownerOf(folder);
    if (owner) fchownSync(fd, owner.uid, owner.gid);
    try {
      writeSync(fd, `${epoch}\n`);
    } catch {
      // Its number is for people; a full disk has room for an empty file.
    }
    renameSync(next, join(folder, NAME));
    return new Leader(folder, epoch, fd);
  }

  /** Throws FAILED_PRECONDITION when another leader has taken the folder over, or somebody removed the file. */
  confirm(): void {
    const found = statSync(this.#path, { bigint: true, throwIfNoEntry: false });
    if (found?.ino !== this.#mine.ino || found.dev !== this.#mine.dev)
      throw deposed(this.#folder, this.epoch);
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

/** The one error of a leader that is none any more. */
export function deposed(folder: string, epoch: number): FleetError {
  const message = `another process has taken over the state folder ${resolve(folder)}; this one, its leader number ${epoch}, must end`;
  return new FleetError("FAILED_PRECONDITION", message, { folder, epoch });
}
