import agones from "@google-cloud/agones-sdk";
import type { GameDataSdk } from "./game-data.ts";
import type { GameServerShown } from "./join-tokens.ts";
import { log } from "./log.ts";

/** What of its GameServer a game looks at. */
export type GameServerSeen = GameServerShown & { readonly status: { readonly state: string } };

/** What a game uses of Agones' client; its own type declarations name it otherwise than it is. */
interface AgonesClient {
  connect(): Promise<void>;
  close(): void;
  ready(): Promise<object>;
  shutdown(): Promise<object>;
  health(onError: (error: Error) => void): void;
  watchGameServer(
    onChange: (gameServer: GameServerSeen) => void,
    onError: (error: Error) => void,
  ): void;
  /** Counters and Lists. */
  readonly beta: GameDataSdk;
  /** Its watches. When the SDK server is stopped in good order they end without an error, which nothing else tells. */
  readonly streams: readonly NodeJS.EventEmitter[];
}
const AgonesSdk = agones as unknown as new () => AgonesClient;

const HEALTH_MS = 2000;
const RECONNECT_MS = 1000;
const TRIES_MAX = 60;

/**
 * A game's life with Agones: health pings, its GameServer, Ready and Shutdown. The client opens its health stream
 * and its watch once and never again, so when one of them breaks (the SDK server was restarted) a new client takes over.
 */
export class AgonesLife implements Disposable {
  readonly #onGameServer: (gameServer: GameServerSeen) => void;
  readonly #pinging: NodeJS.Timeout;
  #client: AgonesClient | undefined;
  #connecting: Promise<AgonesClient> | undefined;
  #isOver = false;

  constructor(onGameServer: (gameServer: GameServerSeen) => void) {
    this.#onGameServer = onGameServer;
    this.#pinging = setInterval(() => this.#ping(), HEALTH_MS);
    this.#pinging.unref();
  }

  /** Resolves when the SDK server can be spoken to. */
  async connect(): Promise<void> {
    await this.#connected();
    this.#ping();
  }

  async ready(): Promise<void> {
    await this.#asked((client) => client.ready());
  }

  async shutdown(): Promise<void> {
    await this.#asked((client) => client.shutdown());
  }

  async data(ask: (sdk: GameDataSdk) => Promise<void>): Promise<void> {
    await this.#asked((client) => ask(client.beta));
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    clearInterval(this.#pinging);
    this.#client?.close();
  }

  /** Asks again with a new client while the SDK server is away. */
  async #asked(ask: (client: AgonesClient) => Promise<unknown>): Promise<void> {
    for (let tries = 1; ; tries++) {
      const client = await this.#connected();
      try {
        await ask(client);
        return;
      } catch (error) {
        if ((error as { code?: number }).code !== UNAVAILABLE || tries >= TRIES_MAX) throw error;
        this.#lost(client, error as Error);
        await pause(RECONNECT_MS);
      }
    }
  }

  #ping(): void {
    const client = this.#client;
    client?.health((error) => this.#lost(client, error));
  }

  #connected(): Promise<AgonesClient> {
    this.#connecting ??= this.#connect();
    return this.#connecting;
  }

  async #connect(): Promise<AgonesClient> {
    for (let tries = 1; ; tries++) {
      const client = new AgonesSdk();
      try {
        await client.connect();
        this.#client = client;
        client.watchGameServer(
          (gameServer) => this.#onGameServer(gameServer),
          (error) => this.#lost(client, error),
        );
        client.streams.at(-1)?.once("end", () => this.#lost(client, new Error("the watch ended")));
        return client;
      } catch (error) {
        client.close();
        if (this.#isOver || tries >= TRIES_MAX) throw error;
        log("no SDK server yet", { error: (error as Error).message });
      }
    }
  }

  #lost(client: AgonesClient, error: Error): void {
    if (this.#isOver || this.#client !== client) return;
    log("SDK server lost", { error: error.message });
    this.#client = undefined;
    this.#connecting = pause(RECONNECT_MS).then(() => this.#connect());
    client.close();
    this.connect().catch((failure: Error) => log("SDK server gone", { error: failure.message }));
  }
}

/** gRPC's code for: not now. */
const UNAVAILABLE = 14;

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
