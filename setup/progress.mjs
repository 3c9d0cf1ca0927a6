/** An expected failure of setting up: what happened, and what to do next. */
export class SetupError extends Error {
  constructor(message, next) {
    super(message);
    this.next = next;
  }
}

const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

/** What a step gives back that found everything as it should be. */
export const NOTHING_TO_DO = Symbol("nothing to do");

/** One line for each thing that was done, with its time; the time of downloads is kept apart. */
export class Progress {
  #began = performance.now();
  #downloadMs = 0;
  #did = 0;

  /**
   * Does `work` and prints its line, unless `work` gives back NOTHING_TO_DO. `isDownload`: most of its time is the
   * network's.
   */
  async step(name, work, { isDownload = false } = {}) {
    const began = performance.now();
    if ((await work()) === NOTHING_TO_DO) return;
    const ms = performance.now() - began;
    if (isDownload) this.#downloadMs += ms;
    this.#did += 1;
    console.log(`✓ ${name} (${seconds(ms)}${isDownload ? ", download" : ""})`);
  }

  note(sentence) {
    console.log(`· ${sentence}`);
  }

  /** Says nothing when there was nothing to do. */
  summary() {
    if (this.#did === 0) return;
    const all = performance.now() - this.#began;
    const rest = seconds(all - this.#downloadMs);
    console.log(`set up in ${rest}, and ${seconds(this.#downloadMs)} of downloads`);
  }
}
