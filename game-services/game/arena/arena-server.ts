import { ColyseusServer } from "../colyseus-server.ts";
import { type Admission, Entrance, type JoinOptions, type TokensWanted } from "../entrance.ts";
import { Everybody } from "../everybody.ts";
import type { Presence } from "../game-data.ts";
import type { JoinTokens } from "../join-tokens.ts";
import type { Dropped } from "../udp.ts";
import { ArenaRoom, type ArenaShared } from "./arena-room.ts";

export interface ArenaOptions {
  readonly host: string;
  readonly webSocketPort: number;
  readonly udpPort: number;
  /** Whether players need a join token, and by what they are verified when there is a platform that gives them. */
  readonly tokensWanted: TokensWanted;
  readonly tokens?: JoinTokens;
  readonly onPlayers: (players: number) => void;
  readonly onPresence: (presence: Presence) => void;
}

/** The arena's rooms, over WebSocket and UDP. One per process: Colyseus keeps its matchmaker in a module. */
export class ArenaServer implements AsyncDisposable {
  readonly #colyseus: ColyseusServer;
  readonly #everybody: Everybody;

  private constructor(colyseus: ColyseusServer, everybody: Everybody) {
    this.#colyseus = colyseus;
    this.#everybody = everybody;
  }

  /** Resolves when both ports are bound. */
  static async open(options: ArenaOptions): Promise<ArenaServer> {
    const now = (): number => performance.now();
    const entrance = new Entrance({ ...options, wanted: options.tokensWanted });
    const everybody = new Everybody(options);
    const colyseus = await ColyseusServer.open({ ...options, now }, ({ server, seats, udp }) => {
      const shared: ArenaShared = { seats, udp, now, everybody };
      server.define("arena", roomWith(shared, entrance)).filterBy(["room"]);
    });
    return new ArenaServer(colyseus, everybody);
  }

  get webSocketPort(): number {
    return this.#colyseus.webSocketPort;
  }

  get udpPort(): number {
    return this.#colyseus.udpPort;
  }

  /** Ends those of these rooms that are here; the platform has closed them. */
  endRooms(rooms: ReadonlySet<string>): void {
    this.#everybody.end(rooms);
  }

  get players(): number {
    return this.#colyseus.seats.size;
  }

  get dropped(): Readonly<Dropped> {
    return this.#colyseus.dropped;
  }

  /** Tells the players, waits until every room is disposed, then closes the ports. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#colyseus[Symbol.asyncDispose]();
  }
}

/** Colyseus makes rooms without arguments, and lets players in before there is one. */
function roomWith(shared: ArenaShared, entrance: Entrance): new () => ArenaRoom {
  return class Arena extends ArenaRoom {
    constructor() {
      super(shared);
    }
    static override onAuth(_: string, options: JoinOptions): Promise<Admission> {
      return entrance.admit(options);
    }
  };
}
