import { type ColyseusRoom, colyseus } from "../../game-services/client/colyseus.ts";
import type { Seat } from "../../game-services/client/seat.ts";
import { seatFrom } from "../../game-services/client/seat-from.ts";
import { StepFailed } from "../generator/tally.ts";
import { inTime, type MapPlayer } from "./map-player.ts";
import type { Entered } from "./maps.ts";

interface Avatar {
  readonly user: string;
  readonly x: number;
  readonly y: number;
}
interface MapState {
  readonly map_id: string;
  readonly players?: { forEach(see: (one: Avatar) => void): void };
}
type MapRoom = ColyseusRoom<MapState>;

/** How near is there, in tiles: positions come twenty times a second. */
const NEAR = 0.6;

export interface SdkJoining {
  /** Asks for the seat. */
  readonly enter: () => Promise<Entered>;
  readonly access: string;
  readonly map: string;
  readonly user: string;
  readonly signal: AbortSignal;
}

/** By the project's own client and Colyseus' SDK, as a game would do it: it decodes the state and looks at it. */
export class SdkMapPlayer implements MapPlayer {
  readonly #seat: Seat<MapRoom>;
  readonly #room: MapRoom;
  readonly #options: SdkJoining;
  readonly #heard = new Map<string, () => void>();
  #isBroken = false;

  private constructor(seat: Seat<MapRoom>, room: MapRoom, options: SdkJoining) {
    this.#seat = seat;
    this.#room = room;
    this.#options = options;
    room.onMessage("said", ({ text, user }: { readonly text: string; readonly user: string }) => {
      if (user !== options.user) return;
      this.#heard.get(text)?.();
      this.#heard.delete(text);
    });
    // A game would come back by itself. Here it is a failure, which is told when it is the player's turn.
    seat.onState(({ state }) => {
      if (state !== "reconnecting" && state !== "lost") return;
      this.#isBroken = true;
      seat.leave().catch(() => undefined);
    });
    for (const other of ["whispered", "refused", "notice"]) room.onMessage(other, () => undefined);
  }

  /** Resolves when the player sees itself on the map. */
  static async join(options: SdkJoining): Promise<SdkMapPlayer> {
    const { enter, access, signal } = options;
    const seat = await seatFrom<MapRoom>({
      fleet: "maps",
      ask: async () => {
        const { seat: id, ...given } = await enter();
        return { id, ...given };
      },
      connector: colyseus<MapState>({ roomName: "map", joinOptions: () => ({ access }) }),
      signal,
    });
    const player = new SdkMapPlayer(seat, await seat.connect({ signal }), options);
    await player.#until("state", () => player.#me !== undefined);
    if (player.#room.state.map_id !== options.map) throw new StepFailed("a room of another map");
    return player;
  }

  get isOpen(): boolean {
    return !this.#isBroken && this.#seat.state === "connected";
  }

  move(x: number, y: number): void {
    this.#room.send("move", { x, y });
  }

  readonly arrived = (x: number, y: number): Promise<void> =>
    this.#until("arrival", () => {
      const me = this.#me;
      return me !== undefined && Math.hypot(me.x - x, me.y - y) < NEAR;
    });

  async say(text: string): Promise<void> {
    const heard = new Promise<void>((resolve) => this.#heard.set(text, resolve));
    this.#room.send("say", text);
    await inTime("line", this.#options.signal, heard).finally(() => this.#heard.delete(text));
  }

  async echo(): Promise<void> {
    const answer = await inTime("reply", this.#options.signal, this.#room.request("echo", 7));
    if (answer !== 7) throw new StepFailed("wrong answer: another echo");
  }

  async leave(): Promise<void> {
    await inTime("goodbye", this.#options.signal, this.#seat.leave());
  }

  get #me(): Avatar | undefined {
    let found: Avatar | undefined;
    this.#room.state?.players?.forEach((one) => {
      if (one.user === this.#options.user) found = one;
    });
    return found;
  }

  /** Looks at each change of the state. */
  async #until(what: string, isSo: () => boolean): Promise<void> {
    if (isSo()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (isSo()) resolve();
    };
    this.#room.onStateChange(look);
    await inTime(what, this.#options.signal, promise).finally(() =>
      this.#room.onStateChange.remove(look),
    );
  }
}
