import { Client, type Room } from "@colyseus/sdk";
import type { Point } from "../input.ts";
import type { Wanted } from "../join-keys.fixture.ts";
import type { Backend } from "./backend.fixture.ts";
import type { Said, Whispered } from "./chat.ts";
import type { Notice } from "./map-room.ts";
import type { AvatarState, MapState } from "./map-state.ts";

/** Fewer messages a second than lead to being thrown out. */
const STEP_MS = 40;
const STEPS_MAX = 200;
/** After so many the game is heard: one that stood still gets no more at once than it allows. */
const STEPS_UNHEARD_MAX = 20;

/** A player on a map, with all that it was told. */
export class MapPlayer {
  readonly user: string;
  readonly room: Room<unknown, MapState>;
  readonly said: Said[] = [];
  readonly whispered: Whispered[] = [];
  readonly refused: { readonly what: string; readonly because: string }[] = [];
  readonly notices: Notice[] = [];
  readonly codes: number[] = [];

  /** Comes in with a fresh join token and access token. */
  static async join(
    backend: Backend,
    webSocketPort: number,
    user: string,
    mapId: string,
    wanted: Wanted = {},
  ): Promise<MapPlayer> {
    const options = {
      token: await backend.token(user, mapId, wanted),
      access: await backend.login.accessOf(user),
    };
    const client = new Client(`ws://127.0.0.1:${webSocketPort}`);
    return new MapPlayer(user, await client.joinOrCreate<MapState>("map", options));
  }

  constructor(user: string, room: Room<unknown, MapState>) {
    this.user = user;
    this.room = room;
    room.onMessage("said", (line: Said) => this.said.push(line));
    room.onMessage("whispered", (line: Whispered) => this.whispered.push(line));
    room.onMessage("refused", (refused: MapPlayer["refused"][number]) =>
      this.refused.push(refused),
    );
    room.onMessage("notice", (notice: Notice) => this.notices.push(notice));
    room.onLeave((code) => this.codes.push(code));
  }

  /** What it sees of a player. */
  sees(user: string): AvatarState | undefined {
    const all = [...(this.room.state?.players?.values() ?? [])];
    return all.find((one) => one.user === user);
  }

  objects(): string[] {
    return [...(this.room.state?.objects?.values() ?? [])].map(({ asset_id }) => asset_id).sort();
  }

  /** Asks for the way to a place until it is there, or as near as it gets. */
  async walk(to: Point, isThere: (at: Point) => boolean): Promise<void> {
    for (let step = 0; step < STEPS_MAX; step++) {
      const at = this.sees(this.user);
      if (at !== undefined && isThere(at)) return;
      this.room.send("move", to);
      if (step % STEPS_UNHEARD_MAX === STEPS_UNHEARD_MAX - 1) await this.room.request("echo", step);
      await new Promise((resolve) => setTimeout(resolve, STEP_MS));
    }
    throw new Error(`${this.user} does not get there`);
  }

  /** Its connection breaks, and comes back by itself once `isSeen`: a short absence may be seen by nobody. */
  async breakOff(isSeen: () => boolean): Promise<void> {
    const { connection, reconnection } = this.room;
    const seen = Promise.withResolvers<void>();
    const reconnect = connection.reconnect.bind(connection);
    connection.reconnect = (query) => void seen.promise.then(() => reconnect(query));
    reconnection.minUptime = 0;
    connection.close(4010);
    await until(isSeen);
    seen.resolve();
  }
}

export async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1_500; tries++) {
    if (isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`it did not become so: ${isSo}`);
}
