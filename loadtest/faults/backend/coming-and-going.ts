import { setTimeout as sleep } from "node:timers/promises";
import { generate } from "../../generator/generate.ts";
import type { SecondDone } from "../../generator/merge.ts";
import type { LoadPlatform } from "../../platform/load-platform.ts";
import type { Arriving } from "../../profiles.ts";
import type { StepRecord } from "../../report/run-result.ts";
import type { Progress } from "../../scenario.ts";
import { makeMaps, throughMeet } from "../../scenarios/backend.ts";

export interface ComingOptions {
  readonly perSecond: number;
  readonly staySeconds: number;
  /** So many who come one after the other go to one map, the next to the next, and round again. */
  readonly groupSize: number;
  readonly maps: number;
  readonly atOnceMax: number;
}

const SECONDS_MAX = 1_800;
const LOOK_EVERY_MS = 50;

/** Players who come to the game's backend at a rate, go the whole way, stay and leave, until there is enough of them. */
export class ComingAndGoing implements AsyncDisposable {
  /** What happened in each second since they began. */
  readonly seconds: SecondDone[] = [];
  readonly #enough = new AbortController();
  readonly #signal: AbortSignal;
  readonly #running: Promise<Readonly<Record<string, StepRecord>>>;

  private constructor(
    platform: LoadPlatform,
    visiting: { readonly maps: readonly string[]; readonly sdkEvery: number },
    { perSecond, staySeconds, groupSize, atOnceMax }: ComingOptions,
    { progress, signal }: { readonly progress: Progress; readonly signal: AbortSignal },
  ) {
    const stages = [{ seconds: SECONDS_MAX, from: perSecond, to: perSecond }];
    const arriving: Arriving = { stages, staySeconds, atOnceMax };
    const options = { ...throughMeet(platform), ...visiting, groupSize };
    const onSecond = (done: SecondDone): void => {
      this.seconds.push(done);
      progress.second(done);
    };
    const asked = { players: "journey", options, arriving, threads: 1, onSecond };
    this.#signal = signal;
    this.#running = generate({ ...asked, enough: this.#enough.signal, signal }).then(
      ({ steps }) => steps,
    );
    this.#running.catch(() => undefined);
  }

  /** Makes the maps; the first player is due when this resolves. */
  static async begin(
    platform: LoadPlatform,
    options: ComingOptions,
    told: { readonly progress: Progress; readonly signal: AbortSignal },
  ): Promise<ComingAndGoing> {
    const visiting = await makeMaps(throughMeet(platform), options.maps, told.signal);
    return new ComingAndGoing(platform, visiting, options, told);
  }

  /** The second that is under way, by the players' own count. */
  get second(): number {
    return this.seconds.length;
  }

  /** Resolves when a second is over; rejects when the generator has failed. */
  async untilSecond(second: number): Promise<void> {
    while (this.second <= second) {
      const wait = sleep(LOOK_EVERY_MS, undefined, { signal: this.#signal });
      await Promise.race([wait, this.#running.then(() => wait)]);
    }
  }

  /** Nobody comes any more; resolves when all have left, with what they did. */
  async leave(): Promise<Readonly<Record<string, StepRecord>>> {
    this.#enough.abort();
    return this.#running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave().catch(() => undefined);
  }
}
