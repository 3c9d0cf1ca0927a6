import { RemoteLogin } from "../../service/remote-login.ts";
import { shownWith, type Wanted } from "../join-keys.fixture.ts";
import { JoinTokens } from "../join-tokens.ts";
import { AccessTokens } from "./access-tokens.ts";
import { Backend } from "./backend.fixture.ts";
import { MapPlayer, until } from "./map-player.fixture.ts";
import { MapServer } from "./map-server.ts";
import { RoomService } from "./room-service.ts";

/** A server of maps in this process, and all that it needs. */
export class Maps implements AsyncDisposable {
  readonly backend: Backend;
  readonly server: MapServer;
  /** Who was in how many rooms, each time that it was told. */
  readonly presences: readonly string[];
  readonly #players: MapPlayer[] = [];

  private constructor(parts: Pick<Maps, "backend" | "server" | "presences">) {
    this.backend = parts.backend;
    this.server = parts.server;
    this.presences = parts.presences;
  }

  static async open(): Promise<Maps> {
    const backend = await Backend.open();
    const { login, clock, service, signer, operatorToken } = backend;
    const remote = new RemoteLogin({ url: login.url, clock });
    const tokens = new JoinTokens({ now: Date.now, usedMax: 1000, keysWaitMs: 1, waitersMax: 10 });
    tokens.show(shownWith("uid-1", signer));
    const presences: string[] = [];
    const server = await MapServer.open({
      host: "127.0.0.1",
      webSocketPort: 0,
      udpPort: 0,
      metricsPort: 0,
      ticksPerSecond: 20,
      tokens,
      tokensWanted: "required",
      access: new AccessTokens({
        authenticate: (token) => remote.authenticate(token),
        url: login.url,
      }),
      service: new RoomService({ url: service.url, token: operatorToken }),
      wallNow: () => clock.now(),
      onPlayers: () => undefined,
      onPresence: ({ players, rooms }) =>
        presences.push(`${[...players].sort().join()} in ${rooms}`),
    });
    return new Maps({ backend, server, presences });
  }

  async join(user: string, mapId: string, wanted: Wanted = {}): Promise<MapPlayer> {
    const { webSocketPort } = this.server;
    const player = await MapPlayer.join(this.backend, webSocketPort, user, mapId, wanted);
    this.#players.push(player);
    return player;
  }

  /** Everybody goes, and the rooms with them. */
  async clear(): Promise<void> {
    for (const { room } of this.#players.splice(0)) if (room.connection.isOpen) await room.leave();
    await until(() => this.server.players === 0 && (this.presences.at(-1) ?? " in 0") === " in 0");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await this.backend[Symbol.asyncDispose]();
  }
}
