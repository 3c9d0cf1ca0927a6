import { FleetError } from "../../core/std/errors.ts";
import type { Random } from "../../core/std/random.ts";
import type { Change, CommitGroup, CommitLog } from "../../store/commit-log.ts";
import { decodeRecord, encodeRecord, recordBytesMax } from "../../store/journal/record.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** What the medium does: as it should, slowly, refuse for lack of space, or fail for good at the next append. */
export type DiskMood = "good" | "slow" | "full" | "broken";
/** What is left of the group whose append the power interrupted. */
export type Remains = "nothing" | "torn" | "whole";

const SEGMENT = 1;
const FAST_MS = { min: 0.1, max: 3 };
const SLOW_MS = { min: 100, max: 900 };

/** The disk of the control plane, in the journal's own format. It outlives every crash; what was not whole does not. */
export class SimDisk {
  readonly #time: VirtualTime;
  readonly #random: Random;
  readonly #onDurable: (text: string) => void;
  #records: Buffer[] = [];
  #number = 0;
  #crash: { appends: number; readonly remains: Remains; readonly act: () => void } | undefined;
  mood: DiskMood = "good";

  constructor(time: VirtualTime, random: Random, onDurable: (text: string) => void) {
    this.#time = time;
    this.#random = random;
    this.#onDurable = onDurable;
  }

  /** The power goes (`act`) at the append after so many more. */
  crashAtAppend(appends: number, remains: Remains, act: () => void): void {
    this.#crash ??= { appends, remains, act };
  }

  forgetCrash(): void {
    this.#crash = undefined;
  }

  /** Everything that is whole; what follows a torn record is dropped, as the journal does. */
  read(): { readonly changes: readonly Change[]; readonly revision: number } {
    const changes: Change[] = [];
    let revision = 0;
    const whole: Buffer[] = [];
    for (const buffer of this.#records) {
      const record = decodeRecord(buffer, 0, SEGMENT);
      if (!record) break;
      whole.push(buffer);
      revision = record.revision;
      for (const line of record.text.split("\n")) changes.push(JSON.parse(line));
    }
    this.#records = whole;
    return { changes, revision };
  }

  /** True when the group is durable and may be answered; false when the power went. */
  async append(group: CommitGroup, isAlive: () => boolean): Promise<boolean> {
    const { min, max } = this.mood === "slow" ? SLOW_MS : FAST_MS;
    await this.#time.sleep(min + this.#random.next() * (max - min));
    if (!isAlive()) return false;
    if (this.#crash && this.#crash.appends-- <= 0) {
      const { remains, act } = this.#crash;
      this.#crash = undefined;
      if (remains !== "nothing") this.#write(group, remains === "torn");
      act();
      return false;
    }
    if (this.mood === "full") throw new FleetError("STORAGE_FULL", "no space left on the disk");
    if (this.mood === "broken") {
      this.mood = "good";
      if (this.#random.next() < 0.5) this.#write(group, false);
      throw new Error("fsync failed");
    }
    this.#write(group, false);
    return true;
  }

  #write({ text, revision }: CommitGroup, isTorn: boolean): void {
    const buffer = Buffer.allocUnsafe(recordBytesMax(text.length));
    const bytes = encodeRecord(buffer, SEGMENT, { number: this.#number++, revision, text });
    const kept = isTorn ? this.#random.integer(0, bytes - 8) : bytes;
    this.#records.push(buffer.subarray(0, kept));
    if (!isTorn) this.#onDurable(text);
  }
}

/** The log of one life of the control plane: after its end nothing of it reaches the disk, and nobody is answered. */
export class SimCommitLog implements CommitLog {
  readonly #disk: SimDisk;
  readonly #isAlive: () => boolean;
  readonly #kept: ReturnType<SimDisk["read"]>;
  #revision: number;

  constructor(disk: SimDisk, isAlive: () => boolean) {
    this.#disk = disk;
    this.#isAlive = isAlive;
    this.#kept = disk.read();
    this.#revision = this.#kept.revision;
  }

  get revision(): number {
    return this.#revision;
  }

  load(): Iterable<Change> {
    return this.#kept.changes;
  }

  async append(group: CommitGroup): Promise<void> {
    const isKept = await this.#disk.append(group, this.#isAlive);
    if (!isKept) await new Promise<never>(() => undefined);
    this.#revision = group.revision;
  }

  /** A world has one control plane at a time. */
  confirm(): void {}

  onFailure(): void {}

  async [Symbol.asyncDispose](): Promise<void> {}
}
