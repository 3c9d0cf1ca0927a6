import type { AllocationStatus } from "../../core/model/allocation.ts";
import { FLEET_LABEL } from "../../core/model/fleet.ts";
import { isFleetError } from "../../core/std/errors.ts";
import type { Random } from "../../core/std/random.ts";
import type { Checker } from "./checker.ts";
import type { Game } from "./game.ts";
import type { Way } from "./network.ts";
import type { SimNode } from "./node.ts";
import type { VirtualTime } from "./virtual-time.ts";

export interface PlayersOptions {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly way: Way;
  readonly checker: Checker;
  readonly node: (name: string) => SimNode | undefined;
  readonly trace: (line: string) => void;
}

const TRIES_MAX = 6;
const AGAIN_MS = 300;
const WAIT_MS = 2_000;
const SESSION_MS = { min: 200, max: 15_000 };
const ASK_AGAIN_MS = { min: 500, max: 20_000 };

/** Everybody who wants a server: asks, retries under the same key, plays, and sometimes asks once more what was answered. */
export class Players {
  readonly #options: PlayersOptions;
  #keys = 0;
  /** Handed out and answered, over the whole run. */
  allocated = 0;
  refused = 0;

  constructor(options: PlayersOptions) {
    this.#options = options;
  }

  /** One player of `fleet`. Without a key nobody dares to ask again after a lost answer. */
  async play(fleet: string, withKey: boolean): Promise<void> {
    const { time, random, checker, trace } = this.#options;
    const key = withKey ? `player-${this.#keys++}` : undefined;
    const status = await this.#ask(fleet, key);
    if (status?.state !== "Allocated") {
      this.refused++;
      return;
    }
    this.allocated++;
    const { gameServerName, nodeName, ports } = status;
    trace(
      `a player got ${gameServerName} at ${nodeName}:${ports[0]?.port}${key ? ` (${key})` : ""}`,
    );
    checker.answered(gameServerName);
    this.#gameOf(status)?.join();
    if (key) {
      if (!checker.ledger.answers.has(key))
        checker.wrong("a key's answer is kept with its commit", `${key} is not on the disk`);
      time.after(
        random.integer(ASK_AGAIN_MS.min, ASK_AGAIN_MS.max),
        () => void this.#askAgain(fleet, key, status),
      );
    }
    time.after(random.integer(SESSION_MS.min, SESSION_MS.max), () => this.#leave(status));
  }

  async #ask(fleet: string, key: string | undefined): Promise<AllocationStatus | undefined> {
    const { way, time } = this.#options;
    const spec = {
      selectors: [{ matchLabels: { [FLEET_LABEL]: fleet } }],
      scheduling: "Packed",
      // Who can ask again with its key also waits for a server.
      ...(key === undefined ? {} : { waitUpToMs: WAIT_MS }),
    } as const;
    const idempotency = key === undefined ? {} : { idempotency: { key, bodyHash: fleet } };
    for (let i = 0; i < (key === undefined ? 1 : TRIES_MAX); i++) {
      try {
        return await way.ask(({ allocator }) =>
          allocator.allocate({ namespace: "default", spec, ...idempotency }),
        );
      } catch (error) {
        if (!isFleetError(error)) this.#options.checker.wrong("no bug", String(error));
        await time.sleep(AGAIN_MS);
      }
    }
    return undefined;
  }

  async #askAgain(fleet: string, key: string, before: AllocationStatus): Promise<void> {
    const after = await this.#ask(fleet, key);
    if (after === undefined || JSON.stringify(after) === JSON.stringify(before)) return;
    this.#options.checker.wrong(
      "a key has one answer",
      `${key} got ${before.gameServerName} and then ${after.gameServerName || after.state}`,
    );
  }

  /** The player talks to the address that it was told: the game there must be its own, if there is one. */
  #leave(status: AllocationStatus): void {
    this.#gameOf(status)?.finish();
  }

  #gameOf({ gameServerName, nodeName, ports }: AllocationStatus): Game | undefined {
    const game = this.#options.node(nodeName)?.machine.gameAt(ports[0]?.port ?? 0);
    return game?.subject.name === gameServerName ? game : undefined;
  }
}
