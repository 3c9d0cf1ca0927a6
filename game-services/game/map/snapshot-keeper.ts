import { messageOf } from "../../../core/std/errors.ts";
import { log } from "../log.ts";
import type { Snapshot } from "./snapshot.ts";

export interface SnapshotKeeperOptions {
  readonly room: string;
  /** What is worth to be kept now. */
  readonly take: () => Omit<Snapshot, "at">;
  readonly save: (snapshot: Snapshot) => Promise<void>;
  readonly everyMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly onSaved: (isSaved: boolean) => void;
}

/** Saves what a room would lose, now and then while it changes, and at its end. One save at a time. */
export class SnapshotKeeper {
  readonly #options: SnapshotKeeperOptions;
  #lookAt: number;
  #saved = "";
  #saving: Promise<void> | undefined;
  #last: string | undefined;
  #said = "";

  constructor(options: SnapshotKeeperOptions) {
    this.#options = options;
    this.#lookAt = options.now() + options.everyMs;
    this.#saved = JSON.stringify(options.take());
  }

  /** To be called often: looks whether it is time, and whether there is news. */
  look(): void {
    const now = this.#options.now();
    if (now < this.#lookAt || this.#saving || this.#last !== undefined) return;
    this.#lookAt = now + this.#options.everyMs;
    this.#start(JSON.stringify(this.#options.take()));
  }

  /** Takes what is there now as the last; `end` saves it. */
  seal(): void {
    this.#last ??= JSON.stringify(this.#options.take());
  }

  /** Resolves when the last is saved, or cannot be. */
  async end(): Promise<void> {
    this.seal();
    await this.#saving;
    this.#start(this.#last ?? "");
    await this.#saving;
  }

  #start(text: string): void {
    if (text === this.#saved) return;
    this.#saving = this.#save(text).finally(() => {
      this.#saving = undefined;
    });
  }

  async #save(text: string): Promise<void> {
    const { save, now, room, onSaved } = this.#options;
    try {
      await save({ at: now(), ...(JSON.parse(text) as Omit<Snapshot, "at">) });
      this.#saved = text;
      this.#said = "";
      onSaved(true);
    } catch (error) {
      const because = messageOf(error);
      if (because !== this.#said) log("snapshot not saved", { room, because });
      this.#said = because;
      onSaved(false);
    }
  }
}
