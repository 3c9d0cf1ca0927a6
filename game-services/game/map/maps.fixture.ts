import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Client, type Room } from "@colyseus/sdk";
import { type Clock, systemClock } from "../../../core/std/clock.ts";
import type { Logger } from "../../../core/std/logger.ts";
import { openLogin } from "../../login/open-login.ts";
import { settingsOf } from "../../login/settings.ts";
import { RemoteLogin } from "../../service/remote-login.ts";
import type { RunningService } from "../../service/run-service.ts";
import type { Point } from "../input.ts";
import { shownWith, TokenSigner, type Wanted } from "../join-keys.fixture.ts";
import { JoinTokens } from "../join-tokens.ts";
import { AccessTokens } from "./access-tokens.ts";
import type { Said, Whispered } from "./chat.ts";
import type { MapDocument } from "./map-document.ts";
import type { Notice } from "./map-room.ts";
import { MapServer, type MapServerOptions } from "./map-server.ts";
import { MapService } from "./map-service.fixture.ts";
import type { MapState } from "./map-state.ts";
import { RoomService } from "./room-service.ts";

const TEST_COST = { memoryKiB: 64, passes: 1 };
const OPERATOR = "operator-token-of-the-room-service";
/** Fewer messages a second than lead to being thrown out. */
const STEP_MS = 40;
const STEPS_MAX = 200;
const quiet = (): void => undefined;
const logger: Logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };

/** Time that can be put forward for those who look at the wall clock. */
export class ShiftedClock implements Clock {
  shiftMs = 0;
  now(): number {
    return Date.now() + this.shiftMs;
  }
  monotonic(): number {
    return performance.now() + this.shiftMs;
  }
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(ms, signal);
  }
}

/** A real login service on a port of its own. */
export class ListeningLogin implements AsyncDisposable {
  readonly #folder: string;
  readonly #running: RunningService;

  private constructor(folder: string, running: RunningService) {
    this.#folder = folder;
    this.#running = running;
  }

  static async open(clock: Clock): Promise<ListeningLogin> {
    const folder = mkdtempSync(join(tmpdir(), "flotilla-maps-"));
    const settings = {
      ...settingsOf({ FLOTILLA_STATE: folder }, 0),
      documents: pathToFileURL(join(folder, "login.db")).href,
      addressPerMinute: 0,
      accountPerMinute: 0,
    };
    const running = await openLogin({ settings, passwordCost: TEST_COST, clock, logger });
    await running.app.listen({ host: "127.0.0.1", port: 0 });
    return new ListeningLogin(folder, running);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#running.app.server.address() as AddressInfo).port}`;
  }

  /** Signs a player up, or logs it in: its access token. */
  async accessOf(user: string): Promise<string> {
    const form = { user_id: user, user_pw: "correct horse", nickname: `${user}!` };
    const send = async (path: string, body: object) => {
      const answer = await fetch(`${this.url}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      return (await answer.json()) as { readonly tokens?: { readonly access_token: string } };
    };
    const known = await send("/login", form);
    const { tokens } = known.tokens
      ? known
      : await send("/signup", { ...form, email: `${user}@example.org` });
    if (!tokens) throw new Error(`${user} cannot be signed up`);
    return tokens.access_token;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true });
  }
}

/** Everything that maps are played with: a login service, maps, join tokens and a server of rooms. */
export class Maps implements AsyncDisposable {
  readonly clock: ShiftedClock;
  /** Who was in how many rooms, each time that it was told. */
  readonly presences: readonly string[];
  readonly login: ListeningLogin;
  readonly service: MapService;
  readonly signer: TokenSigner;
  readonly server: MapServer;
  readonly #players: MapPlayer[] = [];

  private constructor(
    parts: Pick<Maps, "clock" | "login" | "service" | "signer" | "server" | "presences">,
  ) {
    this.clock = parts.clock;
    this.presences = parts.presences;
    this.login = parts.login;
    this.service = parts.service;
    this.signer = parts.signer;
    this.server = parts.server;
  }

  static async open(changes: Partial<MapServerOptions> = {}): Promise<Maps> {
    const clock = new ShiftedClock();
    const login = await ListeningLogin.open(clock);
    const remote = new RemoteLogin({ url: login.url, clock });
    const authenticate = (token: string) => remote.authenticate(token);
    const now = (): number => clock.now();
    const service = await MapService.open({ operatorToken: OPERATOR, authenticate });
    const signer = await TokenSigner.make("key-1");
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
      access: new AccessTokens({ authenticate, url: login.url }),
      service: new RoomService({ url: service.url, token: OPERATOR }),
      wallNow: now,
      onPlayers: quiet,
      onPresence: ({ players, rooms }) =>
        presences.push(`${[...players].sort().join()} in ${rooms}`),
      ...changes,
    });
    return new Maps({ clock, login, service, signer, server, presences });
  }

  /** Puts a map into the room service: all floor, unless told otherwise. */
  draw(mapId: string, changes: Partial<MapDocument> = {}): void {
    const tiles = changes.tiles ?? Array.from({ length: 8 }, () => ".".repeat(8));
    this.service.maps.set(mapId, {
      map_id: mapId,
      creator: "ann",
      members: ["ben"],
      name: `map ${mapId}`,
      width: tiles[0]?.length ?? 0,
      height: tiles.length,
      tiles,
      objects: [],
      version: 1,
      ...changes,
    });
  }

  /** A join token for a room of a map. */
  token(sub: string, mapId: string, wanted: Wanted = {}): Promise<string> {
    return this.signer.sign({
      sub,
      room: `room-${mapId}`,
      cap: 100,
      attrs: { map: mapId },
      ...wanted,
    });
  }

  async join(user: string, mapId: string, wanted: Wanted = {}): Promise<MapPlayer> {
    const options = {
      token: await this.token(user, mapId, wanted),
      access: await this.login.accessOf(user),
    };
    const client = new Client(`ws://127.0.0.1:${this.server.webSocketPort}`);
    const player = new MapPlayer(user, await client.joinOrCreate<MapState>("map", options));
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
    await this.service[Symbol.asyncDispose]();
    await this.login[Symbol.asyncDispose]();
  }
}

/** A player on a map, with all that it was told. */
export class MapPlayer {
  readonly user: string;
  readonly room: Room<unknown, MapState>;
  readonly said: Said[] = [];
  readonly whispered: Whispered[] = [];
  readonly refused: { readonly what: string; readonly because: string }[] = [];
  readonly notices: Notice[] = [];
  readonly codes: number[] = [];

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

  /** The players that it sees, by their names. */
  sees(user: string): MapState["players"] extends { get(id: string): infer P } ? P : never {
    const all = [...(this.room.state?.players?.values() ?? [])];
    return all.find((one) => one.user === user) as never;
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
      await new Promise((resolve) => setTimeout(resolve, STEP_MS));
    }
    throw new Error(`${this.user} does not get there`);
  }
}

export async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`it did not become so: ${isSo}`);
}
