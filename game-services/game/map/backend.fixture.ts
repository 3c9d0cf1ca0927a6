import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Clock, systemClock } from "../../../core/std/clock.ts";
import { silentLogger } from "../../../core/std/logger.ts";
import { openLogin } from "../../login/open-login.ts";
import { settingsOf } from "../../login/settings.ts";
import { RemoteLogin } from "../../service/remote-login.ts";
import type { RunningService } from "../../service/run-service.ts";
import { TokenSigner, type Wanted } from "../join-keys.fixture.ts";
import type { MapDocument } from "./map-document.ts";
import { MapService } from "./map-service.fixture.ts";

const TEST_COST = { memoryKiB: 64, passes: 1 };
const OPERATOR = "operator-token-of-the-room-service";

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
    const running = await openLogin({
      settings,
      passwordCost: TEST_COST,
      clock,
      logger: silentLogger,
    });
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

/** What stands behind a server of maps: a login service, maps, and who signs join tokens. */
export class Backend implements AsyncDisposable {
  readonly clock: ShiftedClock;
  readonly login: ListeningLogin;
  readonly service: MapService;
  readonly signer: TokenSigner;
  /** The room service's. */
  readonly operatorToken: string = OPERATOR;

  private constructor(parts: Pick<Backend, "clock" | "login" | "service" | "signer">) {
    this.clock = parts.clock;
    this.login = parts.login;
    this.service = parts.service;
    this.signer = parts.signer;
  }

  static async open(): Promise<Backend> {
    const clock = new ShiftedClock();
    const login = await ListeningLogin.open(clock);
    const remote = new RemoteLogin({ url: login.url, clock });
    const authenticate = (token: string) => remote.authenticate(token);
    const service = await MapService.open({ operatorToken: OPERATOR, authenticate });
    return new Backend({ clock, login, service, signer: await TokenSigner.make("key-1") });
  }

  /** Puts a map into the room service: all floor, unless told otherwise. */
  draw(mapId: string, changes: Partial<MapDocument> = {}): void {
    const tiles = changes.tiles ?? Array.from({ length: 8 }, () => ".".repeat(8));
    this.service.maps.set(mapId, {
      map_id: mapId,
      creator: "ann",
      members: ["ben"],
      access: "public",
      published: true,
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
    const attrs = { map: mapId };
    return this.signer.sign({ sub, room: `room-${mapId}`, cap: 100, attrs, ...wanted });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.service[Symbol.asyncDispose]();
    await this.login[Symbol.asyncDispose]();
  }
}
