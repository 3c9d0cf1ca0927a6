import { once } from "node:events";
import { RawPlayer, type Reservation } from "../bench/raw-player.ts";
import { expectThat, type HttpClient } from "../generator/http-client.ts";
import { StepFailed } from "../generator/tally.ts";

/** Somebody in a room of the game on maps, as the load test plays it. */
export interface MapPlayer {
  readonly isOpen: boolean;
  move(x: number, y: number): void;
  /** Resolves when the game has walked the player to about there; undefined for who does not look at positions. */
  readonly arrived: ((x: number, y: number) => Promise<void>) | undefined;
  /** Resolves when the player hears its own line. */
  say(text: string): Promise<void>;
  /** Resolves when the game answers. */
  echo(): Promise<void>;
  /** Resolves when the game has let go. */
  leave(): Promise<void>;
}
export interface Joining {
  readonly host: string;
  readonly port: number;
  readonly token: string;
  readonly access: string;
  readonly signal: AbortSignal;
}

/** What takes longer has failed. */
export const ANSWER_WITHIN_MS = 10_000;

/** Ends a wait that is too long, or that the run's end ends. Players wait often: what is not needed is not made. */
export async function inTime<T>(what: string, signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(new StepFailed("the run was stopped"));
  const late = (): void => reject(new StepFailed(`no ${what} within ${ANSWER_WITHIN_MS / 1000} s`));
  const timer = setTimeout(late, ANSWER_WITHIN_MS);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

/** Without Colyseus' client: it decodes no state, so that hundreds of them cost less than what they measure. */
export class RawMapPlayer implements MapPlayer {
  readonly #player: RawPlayer;
  readonly #signal: AbortSignal;
  /** Rejects when the game closes the connection. */
  readonly #closed: Promise<never>;
  readonly arrived = undefined;

  private constructor(player: RawPlayer, signal: AbortSignal) {
    this.#player = player;
    this.#signal = signal;
    this.#closed = once(player.socket, "close").then(() => {
      throw new StepFailed("the game closed the connection");
    });
    // Who waits for an answer hears of it.
    this.#closed.catch(() => undefined);
  }

  /** Resolves when the room's state is there. */
  static async join(http: HttpClient, { signal, ...joining }: Joining): Promise<RawMapPlayer> {
    const reserve = (url: string, body: object): Promise<Reservation> =>
      http.json<Reservation>(url, { method: "POST", body, status: 200, signal });
    const joined = RawPlayer.join({ ...joining, signal, reserve });
    const player = await inTime("place", signal, joined);
    try {
      await inTime("state", signal, player.hasState);
    } catch (error) {
      player.socket.terminate();
      throw error;
    }
    return new RawMapPlayer(player, signal);
  }

  get isOpen(): boolean {
    return this.#player.isOpen;
  }

  move(x: number, y: number): void {
    this.#player.move(x, y);
  }

  async say(text: string): Promise<void> {
    const heard = new Promise<void>((resolve) => this.#player.say(text, resolve));
    await inTime("line", this.#signal, Promise.race([heard, this.#closed]));
  }

  async echo(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#player.onReply(() => resolve());
    expectThat(this.#player.echo(), "an echo of before is missing");
    await inTime("reply", this.#signal, Promise.race([promise, this.#closed]));
  }

  async leave(): Promise<void> {
    const closed = once(this.#player.socket, "close");
    this.#player.leave();
    try {
      await inTime("goodbye", this.#signal, closed);
    } finally {
      this.#player.socket.terminate();
    }
  }
}
