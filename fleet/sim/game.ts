import type { ContainerPlan } from "../../core/model/container-plan.ts";
import type { LinkResult, SdkCall, SdkVerb } from "../../core/model/link.ts";
import type { SdkDataVerb } from "../../core/model/sdk-data.ts";
import type { Random } from "../../core/std/random.ts";
import type { ExitStatus } from "../../runtime/container/driver.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** How the games of the whole simulation behave now: shares from 0 to 1. */
export interface GameManners {
  /** Ends badly soon after its start. */
  crash: number;
  /** Loses its health after a while. */
  sick: number;
  /** Has memory leaks: killed by the kernel in the middle of a session. */
  oom: number;
}
export const GOOD_MANNERS: GameManners = { crash: 0, sick: 0, oom: 0 };

export interface GameOptions {
  readonly plan: ContainerPlan;
  readonly time: VirtualTime;
  readonly random: Random;
  readonly manners: GameManners;
  readonly call: (call: SdkCall) => Promise<LinkResult>;
  readonly exit: (how: Partial<ExitStatus>) => void;
  readonly onCause: (cause: string) => void;
  readonly onReady: () => void;
}

/** The Counter of every template. */
export const PLAYERS = "players";
const BOOT_MS = { min: 20, max: 400 };
const LIFE_MS = { min: 100, max: 20_000 };
const CALL_AGAIN_MS = 400;
const RESERVE_SECONDS = 5;

/** The process in a container: boots, says Ready, plays when players come, and ends as its seed wants. */
export class Game {
  readonly #options: GameOptions;
  #isOver = false;
  #calls = 0;
  #players = 0;

  constructor(options: GameOptions) {
    this.#options = options;
  }

  get subject(): ContainerPlan["subject"] {
    return this.#options.plan.subject;
  }

  start(): void {
    const { random, manners, plan } = this.#options;
    const bootMs = random.integer(BOOT_MS.min, BOOT_MS.max);
    if (plan.image.endsWith(":crashing")) {
      this.#after(bootMs, () => this.#die({ exitCode: 1 }));
      return;
    }
    this.#after(bootMs, () => void this.#say({ verb: "ready" }));
    const lifeMs = random.integer(LIFE_MS.min, LIFE_MS.max);
    if (random.next() < manners.crash) this.#after(lifeMs, () => this.#die({ exitCode: 139 }));
    else if (random.next() < manners.oom)
      this.#after(lifeMs, () => this.#die({ signal: "SIGKILL", oomKilled: true }));
    else if (random.next() < manners.sick) this.#after(lifeMs, () => this.#sicken());
  }

  /** Players that the Counter must show, once every call was taken. */
  get players(): number {
    return this.#players;
  }

  /** Two players have come, and one has left: calls that follow each other closely must each count once. */
  join(): void {
    if (this.#isOver) return;
    this.#count(2);
    this.#count(-1);
  }

  /** The container has ended. */
  end(): void {
    this.#isOver = true;
  }

  /** The session is over: most games end with it, some take the next players, some wait reserved. */
  finish(): void {
    const what = this.#options.random.next();
    if (this.#isOver) return;
    this.#count(-1);
    if (what < 0.4) this.#leave({ verb: "shutdown" });
    else if (what < 0.6) this.#die({ exitCode: 0 });
    else if (what < 0.8) this.release({ verb: "ready" });
    else this.release({ verb: "reserve", seconds: RESERVE_SECONDS });
  }

  /** Another state by the game's own wish. */
  release(verb: SdkVerb): void {
    void this.#say(verb);
  }

  #count(countDiff: number): void {
    this.#players += countDiff;
    void this.#say({ verb: "counter", name: PLAYERS, countDiff });
  }

  #leave(verb: SdkVerb): void {
    this.#options.onCause("the game called Shutdown");
    void this.#say(verb);
  }

  #sicken(): void {
    this.#options.onCause("the game lost its health");
    void this.#say({ verb: "health", health: "unhealthy" });
  }

  #die(how: Partial<ExitStatus>): void {
    if (this.#isOver) return;
    this.#options.onCause("the game ended");
    this.#options.exit(how);
  }

  /** Until it was taken, or the game is over. What is refused for good is not asked again. */
  async #say(verb: SdkVerb | SdkDataVerb): Promise<void> {
    const { time, call, plan } = this.#options;
    const id = `${plan.id}-${this.#calls++}`;
    if (verb.verb === "ready") this.#options.onReady();
    while (!this.#isOver) {
      const result = await call({ ...verb, subject: plan.subject, id }).catch(() => undefined);
      if (result?.ok || this.#isOver) return;
      await time.sleep(CALL_AGAIN_MS);
    }
  }

  #after(ms: number, act: () => void): void {
    this.#options.time.after(ms, () => void (this.#isOver || act()));
  }
}
