import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "@colyseus/core";
import { WebSocketTransport } from "@colyseus/ws-transport";
import { type Admission, Entrance, type JoinOptions, type TokensWanted } from "./entrance.ts";
import type { Presence } from "./game-data.ts";
import type { JoinTokens } from "./join-tokens.ts";
import { log } from "./log.ts";
import { ArenaRoom, type ArenaShared } from "./room.ts";
import { Seats } from "./seat.ts";
import { type Dropped, UdpChannel } from "./udp.ts";

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

const PAYLOAD_BYTES_MAX = 4096;
const PING_MS = 3000;

/** Colyseus and the UDP channel on one authority. One per process: Colyseus keeps its matchmaker in a module. */
export class ArenaServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #udp: UdpChannel;
  readonly #seats: Seats;
  readonly #address: () => AddressInfo;

  private constructor(parts: {
    readonly server: Server;
    readonly udp: UdpChannel;
    readonly seats: Seats;
    readonly address: () => AddressInfo;
  }) {
    this.#server = parts.server;
    this.#udp = parts.udp;
    this.#seats = parts.seats;
    this.#address = parts.address;
  }

  /** Resolves when both ports are bound. */
  static async open(options: ArenaOptions): Promise<ArenaServer> {
    const now = (): number => performance.now();
    const seats = new Seats();
    const udp = await UdpChannel.open({ ...options, port: options.udpPort, seats, now });
    const http = createServer();
    const server = new Server({
      greet: false,
      gracefullyShutdown: false,
      logger: colyseusLogger,
      transport: new WebSocketTransport({
        server: http,
        maxPayload: PAYLOAD_BYTES_MAX,
        pingInterval: PING_MS,
        pingMaxRetries: 3,
      }),
    });
    server.define("arena", roomWith(sharedBy({ ...options, seats, udp, now }))).filterBy(["room"]);
    await server.listen(options.webSocketPort, options.host);
    const address = (): AddressInfo => http.address() as AddressInfo;
    return new ArenaServer({ server, udp, seats, address });
  }

  get webSocketPort(): number {
    return this.#address().port;
  }

  get udpPort(): number {
    return this.#udp.port;
  }

  get players(): number {
    return this.#seats.size;
  }

  get dropped(): Readonly<Dropped> {
    return this.#udp.dropped;
  }

  /** Tells the players, waits until every room is disposed, then closes the ports. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.gracefullyShutdown(false);
    await this.#udp[Symbol.asyncDispose]();
  }
}

type SharedOptions = ArenaOptions & Pick<ArenaShared, "seats" | "udp" | "now">;

function sharedBy({ seats, udp, now, ...options }: SharedOptions): ArenaShared {
  const rooms = new Set<ArenaRoom>();
  const players = new Map<string, string>();
  const entrance = new Entrance({ ...options, wanted: options.tokensWanted });
  const onPlayers = (): void => options.onPlayers(seats.size);
  const onPresence = (): void =>
    options.onPresence({ rooms: rooms.size, players: new Set(players.values()) });
  return { seats, udp, now, entrance, rooms, players, onPlayers, onPresence };
}

/** Colyseus makes rooms without arguments, and lets players in before there is one. */
function roomWith(shared: ArenaShared): new () => ArenaRoom {
  return class Arena extends ArenaRoom {
    constructor() {
      super(shared);
    }
    static override onAuth(_: string, options: JoinOptions): Promise<Admission> {
      return shared.entrance.admit(options);
    }
  };
}

/** Colyseus prints through this: its warnings and errors are facts like any other. */
const said = (level: string): ((...parts: unknown[]) => void) => {
  return (...parts) => log("colyseus", { level, text: parts.map(String).join(" ") });
};
const quiet = (): void => undefined;
const colyseusLogger = {
  debug: quiet,
  trace: quiet,
  info: quiet,
  warn: said("warn"),
  error: said("error"),
};
