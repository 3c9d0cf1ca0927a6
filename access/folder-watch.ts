import { type FSWatcher, watch } from "node:fs";

export interface FolderWatchOptions {
  readonly folders: readonly string[];
  /** A look comes so often in any case: not every change of a file is told, and a folder may come later. */
  readonly everyMs: number;
  /** What changes together is looked at once. */
  readonly settleMs: number;
  readonly look: () => Promise<unknown>;
}

/** Calls `look` soon after something in one of some folders has changed, and from time to time; never twice at once. */
export class FolderWatch implements Disposable {
  readonly #options: FolderWatchOptions;
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #timer: NodeJS.Timeout;
  #soon: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: FolderWatchOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#look(), options.everyMs).unref();
    this.#watchAll();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    for (const watcher of this.#watchers.values()) watcher.close();
  }

  #look(): void {
    this.#watchAll();
    this.#running = this.#running.then(async () => void (await this.#options.look()));
  }

  #watchAll(): void {
    for (const folder of this.#options.folders) {
      if (this.#watchers.has(folder)) continue;
      try {
        const watcher = watch(folder, { persistent: false }, () => this.#lookSoon());
        watcher.on("error", () => this.#forget(folder));
        this.#watchers.set(folder, watcher);
      } catch {
        // It is not there, or the system watches no more: the regular look finds what changes.
      }
    }
  }

  #lookSoon(): void {
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => this.#look(), this.#options.settleMs);
  }

  #forget(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
  }
}
