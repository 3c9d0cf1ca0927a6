import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type MatchMakerDriver, matchMaker, type Presence, Server } from "@colyseus/core";
import { LISTEN_BACKLOG } from "../../core/std/listen-backlog.ts";
import { boundRequests } from "./bounded-requests.ts";
import { FramedSocket } from "./framed-socket.ts";
import { HeartbeatTransport } from "./heartbeat.ts";
import { log } from "./log.ts";
import { Seats } from "./seat.ts";
import { type Dropped, UdpChannel } from "./udp.ts";

export interface ColyseusOptions {
  readonly host: string;
  readonly webSocketPort: number;
  readonly udpPort: number;
  readonly now: () => number;
  /** Where the processes of one game server find each other's rooms; none for a process that is alone. */
  readonly sharing?: Sharing;
}
export interface Sharing {
  readonly presence: Presence;
  readonly driver: MatchMakerDriver;
  /** Where players who were let in by another process reach this one: host and port. */
  readonly publicAddress: string;
}

const PAYLOAD_BYTES_MAX = 4096;
/** Of a request for a seat: two tokens, and what a game asks for beside them. */
const REQUEST_BYTES_MAX = 65_536;
/** Who was not heard of in three rounds is gone: nine to twelve seconds. */
const ROUND_MS = 3000;
const SILENT_ROUNDS_MAX = 3;

/** Colyseus and the UDP channel over the same seats. One per process: Colyseus keeps its matchmaker in a module. */
export class ColyseusServer implements AsyncDisposable {
  readonly server: Server;
  readonly seats: Seats;
  readonly udp: UdpChannel;
  readonly #address: () => AddressInfo;

  private constructor(
    parts: Pick<ColyseusServer, "server" | "seats" | "udp">,
    address: () => AddressInfo,
  ) {
    this.server = parts.server;
    this.seats = parts.seats;
    this.udp = parts.udp;
    this.#address = address;
  }

  /** Resolves when both ports are bound; `define` says which rooms there are. */
  static async open(
    options: ColyseusOptions,
    define: (parts: Pick<ColyseusServer, "server" | "seats" | "udp">) => void,
  ): Promise<ColyseusServer> {
    const seats = new Seats();
    const udp = await UdpChannel.open({ ...options, port: options.udpPort, seats });
    const http = createServer();
    const server = new Server({
      greet: false,
      gracefullyShutdown: false,
      logger: colyseusLogger,
      // A room is made where its players were sent, whoever else has fewer.
      selectProcessIdToCreateRoom: async () => matchMaker.processId,
      ...options.sharing,
      transport: new HeartbeatTransport({
        server: http,
        maxPayload: PAYLOAD_BYTES_MAX,
        pingInterval: ROUND_MS,
        pingMaxRetries: SILENT_ROUNDS_MAX,
        WebSocket: FramedSocket,
      }),
    });
    define({ server, seats, udp });
    await server.listen(options.webSocketPort, options.host, LISTEN_BACKLOG);
    boundRequests(http, REQUEST_BYTES_MAX);
    // Whoever waits for a room to be made listens: that many at once is no leak.
    matchMaker.presence.setMaxListeners(0);
    return new ColyseusServer({ server, seats, udp }, () => http.address() as AddressInfo);
  }

  get webSocketPort(): number {
    return this.#address().port;
  }

  get udpPort(): number {
    return this.udp.port;
  }

  get dropped(): Readonly<Dropped> {
    return this.udp.dropped;
  }

  /** Tells the players, waits until every room is disposed, then closes the ports. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.gracefullyShutdown(false);
    await this.udp[Symbol.asyncDispose]();
  }
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
