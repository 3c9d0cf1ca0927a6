import { FleetError } from "../../core/std/errors.ts";
import type { Random } from "../../core/std/random.ts";
import type { ControlPlane } from "./control-plane.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** How bad the way to the control plane is: shares of messages, 0 to 1. */
export interface Weather {
  readonly lost: number;
  readonly doubled: number;
  readonly late: number;
}
export const GOOD_WEATHER: Weather = { lost: 0, doubled: 0, late: 0 };

const WAY_MS = { min: 0.1, max: 2 };
const LATE_MS = { min: 100, max: 6_000 };
/** Who hears nothing for so long takes a request for lost. */
const TIMEOUT_MS = 2_000;

export interface NetworkOptions {
  readonly time: VirtualTime;
  readonly random: Random;
  /** The control plane that lives now. */
  readonly plane: () => ControlPlane | undefined;
}

/** The way of one machine or player to the control plane: requests and answers may be lost, doubled, late, cut off. */
export class Way {
  readonly #options: NetworkOptions;
  weather: Weather = GOOD_WEATHER;
  isCut = false;

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  /** One request and its answer. UNAVAILABLE when nobody is there, TIMEOUT when no answer came (it may have been done). */
  async ask<T>(work: (plane: ControlPlane) => Promise<T>): Promise<T> {
    const { time, random } = this.#options;
    if (this.isCut || this.#happens("lost")) return await this.#timeout();
    await time.sleep(this.delayMs());
    if (this.isCut) return await this.#timeout();
    const plane = this.#options.plane();
    if (!plane) throw new FleetError("UNAVAILABLE", "connection refused");
    if (this.#happens("doubled")) {
      const lateMs = random.next() * LATE_MS.max;
      time.after(lateMs, () => this.#again(work));
    }
    const answer = await plane.answerOf(work);
    if (this.isCut || this.#happens("lost")) return await this.#timeout();
    await time.sleep(this.delayMs());
    if (this.isCut) return await this.#timeout();
    return answer;
  }

  /** Milliseconds that the next message takes. */
  delayMs(): number {
    const { random } = this.#options;
    const { min, max } = this.#happens("late") ? LATE_MS : WAY_MS;
    return min + random.next() * (max - min);
  }

  #happens(what: keyof Weather): boolean {
    const share = this.weather[what];
    return share > 0 && this.#options.random.next() < share;
  }

  /** The copy of a request that was under way longer; nobody waits for its answer. */
  #again<T>(work: (plane: ControlPlane) => Promise<T>): void {
    const plane = this.#options.plane();
    if (plane && !this.isCut) plane.answerOf(work).catch(() => undefined);
  }

  async #timeout(): Promise<never> {
    await this.#options.time.sleep(TIMEOUT_MS);
    throw new FleetError("TIMEOUT", "no answer came");
  }
}
