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
  #lookedAt: number;
  /** Of the newest snapshot; each is later than the one before, whatever becomes of the clock. */
  #at = 0;
  #saved = "";
  #saving: Promise<void> | undefined;
  #last: string | undefined;
  #said = "";

  constructor(options: SnapshotKeeperOptions) {
    this.#options = options;
    this.#lookedAt = options.now();
    this.#saved = JSON.stringify(options.take());
  }

  /** To be called often: looks whether it is time, and whether there is news. */
  look(): void {
    const now = this.#options.now();
    const passed = now - this.#lookedAt;
    // A clock that was put back must not stop it until it has caught up.
    const isEarly = passed >= 0 && passed < this.#options.everyMs;
    if (isEarly || this.#saving || this.#last !== undefined) return;
    this.#lookedAt = now;
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
    this.#at = Math.max(now(), this.#at + 1);
    try {
      await save({ at: this.#at, ...(JSON.parse(text) as Omit<Snapshot, "at">) });
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
