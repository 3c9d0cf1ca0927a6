import type { Opened } from "../../allocator/rooms/room-requests.ts";
import { isFleetError } from "../../core/std/errors.ts";
import { sameJson } from "../../core/std/json.ts";
import type { Random } from "../../core/std/random.ts";
import type { Checker } from "./checker.ts";
import type { ControlPlane } from "./control-plane.ts";
import type { Way } from "./network.ts";
import type { VirtualTime } from "./virtual-time.ts";

export interface GuestsOptions {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly way: Way;
  readonly checker: Checker;
  readonly trace: (line: string) => void;
}

const TRIES_MAX = 6;
const AGAIN_MS = 300;
const WAIT_MS = 1_000;
const EMPTY_SECONDS = 5;
const SEATS = 3;
const SEAT_SECONDS = { min: 1, max: 8 };
const STAY_MS = { min: 200, max: 12_000 };

/** Everybody who wants a seat in a room: asks under a key, comes or does not, leaves, and sometimes ends the room. */
export class Guests {
  readonly #options: GuestsOptions;
  #guests = 0;
  seated = 0;

  constructor(options: GuestsOptions) {
    this.#options = options;
  }

  async visit(fleet: string): Promise<void> {
    const { random, trace, checker } = this.#options;
    const player = `guest-${this.#guests++}`;
    const find = random.next() < 0.7;
    const seconds = random.integer(SEAT_SECONDS.min, SEAT_SECONDS.max);
    const ask = (): Promise<Opened | undefined> =>
      this.#ask(({ rooms }) =>
        rooms.open({
          wish: {
            ...{ namespace: "default", fleet, attributes: {}, open: true },
            ...{ capacity: SEATS, emptySeconds: EMPTY_SECONDS },
          },
          ...{ find, seat: { player, seconds }, waitMs: WAIT_MS },
          idempotency: { key: player, bodyHash: fleet },
        }),
      );
    const opened = await ask();
    if (!opened?.seat) return;
    this.seated++;
    trace(`${player} got seat ${opened.seat.id} of room ${opened.room.id}`);
    checker.seated(opened.seat.id);
    if (random.next() < 0.3) {
      const again = await ask();
      if (again && !sameJson(again, opened))
        checker.wrong("a key has one answer", `${player} got another room or seat`);
    }
    this.#stay(opened.room.id, opened.seat.id);
  }

  /** Some never come: their seats expire. */
  #stay(id: string, seat: string): void {
    const { random, time } = this.#options;
    const what = random.next();
    if (what < 0.3) return;
    const place = { namespace: "default", id, seat };
    void this.#ask(({ rooms }) => rooms.confirm(place));
    time.after(random.integer(STAY_MS.min, STAY_MS.max), () => {
      if (what < 0.4) void this.#ask(({ rooms }) => rooms.close("default", id));
      else void this.#ask(({ rooms }) => rooms.leave("default", id, seat));
    });
  }

  async #ask<T>(work: (plane: ControlPlane) => Promise<T>): Promise<T | undefined> {
    const { way, time, checker } = this.#options;
    for (let i = 0; i < TRIES_MAX; i++) {
      try {
        return await way.ask(work);
      } catch (error) {
        if (!isFleetError(error)) checker.wrong("no bug", String(error));
        if (isFleetError(error, "NOT_FOUND")) return undefined;
        await time.sleep(AGAIN_MS);
      }
    }
    return undefined;
  }
}
