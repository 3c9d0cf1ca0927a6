import { isFleetError } from "../../../core/std/errors.ts";
import { ColyseusServer, type Sharing } from "../colyseus-server.ts";
import {
  type Admission,
  Entrance,
  type JoinOptions,
  refusal,
  type TokensWanted,
} from "../entrance.ts";
import { Everybody } from "../everybody.ts";
import type { Presence } from "../game-data.ts";
import { JoinRefused, type JoinTokens } from "../join-tokens.ts";
import { log } from "../log.ts";
import type { Dropped } from "../udp.ts";
import type { AccessTokens } from "./access-tokens.ts";
import { MapRoom, type MapShared } from "./map-room.ts";
import { MapMetrics, MetricsPage } from "./metrics.ts";
import type { RoomService } from "./room-service.ts";
import { Ticker } from "./ticker.ts";

export interface MapServerOptions {
  readonly host: string;
  readonly webSocketPort: number;
  readonly udpPort: number;
  /** None when it is undefined. */
  readonly metricsPort: number | undefined;
  readonly ticksPerSecond: number;
  readonly tokens?: JoinTokens;
  readonly tokensWanted: TokensWanted;
  readonly access: AccessTokens;
  readonly service: RoomService;
  readonly sharing?: Sharing;
  /** Milliseconds since 1970. */
  readonly wallNow: () => number;
  readonly onPlayers: (players: number) => void;
  readonly onPresence: (presence: Presence) => void;
}

/** Rooms on maps, over WebSocket and UDP. One per process: Colyseus keeps its matchmaker in a module. */
export class MapServer implements AsyncDisposable {
  readonly #colyseus: ColyseusServer;
  readonly #page: MetricsPage | undefined;
  readonly #ticker: Ticker;
  readonly #everybody: Everybody;

  private constructor(parts: {
    readonly colyseus: ColyseusServer;
    readonly ticker: Ticker;
    readonly everybody: Everybody;
    readonly page: MetricsPage | undefined;
  }) {
    this.#colyseus = parts.colyseus;
    this.#ticker = parts.ticker;
    this.#everybody = parts.everybody;
    this.#page = parts.page;
  }

  /** Resolves when all ports are bound. */
  static async open(options: MapServerOptions): Promise<MapServer> {
    const now = (): number => performance.now();
    const metrics = new MapMetrics();
    const ticker = tickerOf(options, metrics, now);
    const everybody = new Everybody(options);
    const colyseus = await ColyseusServer.open({ ...options, now }, ({ server, seats, udp }) => {
      const { access, service, wallNow } = options;
      const links = { seats, udp, now, everybody, access, service, ticker, metrics, wallNow };
      const entrance = new MapEntrance(options, metrics);
      metrics.watch({
        rooms: () => everybody.rooms,
        players: () => seats.size,
        dropped: () => udp.dropped,
      });
      server.define("map", roomWith(links, entrance)).filterBy(["room", "map"]);
    });
    const { host, metricsPort } = options;
    const page =
      metricsPort === undefined ? undefined : await MetricsPage.open(metrics, host, metricsPort);
    return new MapServer({ colyseus, ticker, everybody, page });
  }

  get webSocketPort(): number {
    return this.#colyseus.webSocketPort;
  }

  get udpPort(): number {
    return this.#colyseus.udpPort;
  }

  get metricsPort(): number | undefined {
    return this.#page?.port;
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

  /** Tells the players, saves what is to be saved, then closes the ports. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#colyseus[Symbol.asyncDispose]();
    this.#ticker[Symbol.dispose]();
    await this.#page?.[Symbol.asyncDispose]();
  }
}

/** What may stand in a path of the room service. */
const MAP_ID = /^[A-Za-z0-9]{1,64}$/;

/**
 * Lets in who shows both tokens, into a room whose map the join token names. Where none is wanted, the access token alone
 * opens the door, and the player says which map it is; whether it may see that is for the map to say.
 */
class MapEntrance {
  readonly #entrance: Entrance;
  readonly #metrics: MapMetrics;

  constructor({ tokens, tokensWanted: wanted, access }: MapServerOptions, metrics: MapMetrics) {
    this.#metrics = metrics;
    this.#entrance = new Entrance({
      wanted,
      ...(tokens ? { tokens } : {}),
      access: (token) => access.checkAndName(token),
    });
  }

  async admit(options: JoinOptions & { map?: unknown }): Promise<Admission> {
    try {
      const admission = await this.#entrance.admit(options);
      const { claims } = admission;
      const map = claims ? claims.attrs.map : options.map;
      if (typeof map !== "string" || !MAP_ID.test(map)) throw refusal(new JoinRefused("NoMap"));
      options.map = map;
      return admission;
    } catch (error) {
      this.#metrics.refused("join");
      throw error;
    }
  }
}

function tickerOf(options: MapServerOptions, metrics: MapMetrics, now: () => number): Ticker {
  return new Ticker({
    periodMs: 1000 / options.ticksPerSecond,
    now,
    onTick: (lateMs) => metrics.ticked(lateMs),
    onError: (error) => {
      metrics.failed();
      log("tick failed", { error: isFleetError(error) ? error.message : String(error) });
    },
  });
}

/** Colyseus makes rooms without arguments, and lets players in before there is one. */
function roomWith(shared: MapShared, entrance: MapEntrance): new () => MapRoom {
  return class OnMap extends MapRoom {
    constructor() {
      super(shared);
    }
    static override onAuth(_: string, options: JoinOptions): Promise<Admission> {
      return entrance.admit(options);
    }
  };
}
