import { closeSync, fstatSync, openSync, renameSync, writeSync } from "node:fs";

/** A log file with a bound: when it is full it becomes `<file>.1`, and the one before that goes. */
export class RotatingFile implements Disposable {
  readonly path: string;
  readonly #bytesMax: number;
  #fd: number;
  #bytes: number;

  constructor(path: string, bytesMax: number) {
    this.path = path;
    this.#bytesMax = bytesMax;
    this.#fd = openSync(path, "a", 0o600);
    this.#bytes = fstatSync(this.#fd).size;
  }

  /** Never throws: a log that cannot be written must not stop what it tells of. */
  write(chunk: Uint8Array): void {
    try {
      if (this.#bytes + chunk.length > this.#bytesMax) this.#rotate();
      this.#bytes += writeSync(this.#fd, chunk);
    } catch {
      // A full disk: the line is lost, the next one is tried again.
    }
  }

  #rotate(): void {
    renameSync(this.path, `${this.path}.1`);
    const next = openSync(this.path, "a", 0o600);
    closeSync(this.#fd);
    this.#fd = next;
    this.#bytes = 0;
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}
