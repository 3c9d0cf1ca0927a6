import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from "jose";
import { MapProcess } from "../../game-services/game/map/map-process.fixture.ts";
import { MapService } from "../../game-services/game/map/map-service.fixture.ts";
import { SIDE } from "../backend/maps.ts";

/** How players come into the bare game: plain data, for threads. */
export interface BareGameOptions {
  readonly gamePort: number;
  /** Private: in place of the platform, players sign their join tokens themselves. */
  readonly joinKey: JWK;
  readonly maps: readonly string[];
  readonly groupSize: number;
}

const UID = "uid-of-the-bare-game";
const OPERATOR = "operator-of-a-load-test";
const TICKS = 10;
const TOKEN_SECONDS = 60;
const SEATS = 50;

/**
 * The same game server on maps as a process of this machine: no container, no platform, no seats, maps in memory. Only the
 * login service is the platform's, since the game looks at access tokens.
 */
export class BareGame implements AsyncDisposable {
  readonly options: BareGameOptions;
  readonly #stack: AsyncDisposableStack;

  private constructor(options: BareGameOptions, stack: AsyncDisposableStack) {
    this.options = options;
    this.#stack = stack;
  }

  static async start(loginUrl: string, maps: number, groupSize: number): Promise<BareGame> {
    await using stack = new AsyncDisposableStack();
    const { publicKey, privateKey } = await generateKeyPair("EdDSA", {
      crv: "Ed25519",
      extractable: true,
    });
    const shown = { kid: "bare", alg: "EdDSA", use: "sig" };
    const authenticate = () => Promise.reject(new Error("nobody builds here"));
    const service = stack.use(await MapService.open({ operatorToken: OPERATOR, authenticate }));
    const ids = Array.from({ length: maps }, (_, i) => `m${i}`);
    for (const id of ids) draw(service, id);
    const serving = {
      ...{ loginUrl, roomUrl: service.url, roomToken: OPERATOR, uid: UID, ticksPerSecond: TICKS },
      joinKeys: [{ ...(await exportJWK(publicKey)), ...shown }],
    };
    const game = await MapProcess.serve(serving);
    stack.defer(async () => void (await game.end("SIGTERM")));
    const joinKey = { ...(await exportJWK(privateKey)), ...shown };
    const options = { gamePort: game.webSocketPort, joinKey, maps: ids, groupSize };
    return new BareGame(options, stack.move());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

function draw(service: MapService, map_id: string): void {
  const tiles = Array.from({ length: SIDE }, () => ".".repeat(SIDE));
  const size = { width: SIDE, height: SIDE, tiles, objects: [] };
  const open = { creator: "nobody", members: [], access: "public", published: true } as const;
  service.maps.set(map_id, { ...open, ...size, map_id, name: map_id, version: 1 });
}

/** Signs join tokens as the platform does. */
export class JoinSigner {
  readonly #key: CryptoKey | Uint8Array;

  private constructor(key: CryptoKey | Uint8Array) {
    this.#key = key;
  }

  static async of(jwk: JWK): Promise<JoinSigner> {
    return new JoinSigner(await importJWK(jwk, "EdDSA"));
  }

  sign(player: string, map: string): Promise<string> {
    const iat = Math.floor(Date.now() / 1000);
    const seat = { ns: "default", room: `bare-${map}`, seat: "s000000000001", cap: SEATS };
    const who = { iss: "flotilla", aud: UID, sub: player, jti: crypto.randomUUID() };
    return new SignJWT({ ...who, ...seat, attrs: { map }, iat, exp: iat + TOKEN_SECONDS })
      .setProtectedHeader({ alg: "EdDSA", typ: "JWT", kid: "bare" })
      .sign(this.#key);
  }
}
