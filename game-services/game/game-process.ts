import type { AgonesLife, GameServerSeen } from "./agones.ts";
import { GameData, type Presence } from "./game-data.ts";
import type { GameSettings } from "./game-settings.ts";
import { JoinTokens, type JoinTokensOptions } from "./join-tokens.ts";
import { log } from "./log.ts";

/** What a game is told, and what it tells. */
export interface GameLinks {
  /** There when a platform is here whose tokens players show. */
  readonly tokens?: JoinTokens;
  readonly onPlayers: (players: number) => void;
  readonly onPresence: (presence: Presence) => void;
}
/** A game whose ports are open. */
export interface OpenGame extends AsyncDisposable {
  readonly webSocketPort: number;
  readonly udpPort: number;
  readonly dropped: object;
  /** Ends those of these rooms that are here; the platform has closed them. */
  endRooms(rooms: ReadonlySet<string>): void;
}
export interface GameProcessOptions {
  readonly settings: GameSettings;
  readonly open: (links: GameLinks) => Promise<OpenGame>;
  /** For the join tokens, when the game server has several processes. */
  readonly claim?: JoinTokensOptions["claim"];
}

/** A game as a process: Colyseus and UDP, with Agones when there is an SDK server. */
class GameProcess {
  readonly #options: GameProcessOptions;
  readonly #tokens: JoinTokens;
  #game: OpenGame | undefined;
  #agones: AgonesLife | undefined;
  #data: GameData | undefined;
  #presence: Presence = { rooms: 0, players: new Set() };
  #state = "";
  #players = 0;
  /** Somebody has played since it was allocated: before that, players may still be on their way. */
  #hadPlayers = false;
  #empty: NodeJS.Timeout | undefined;
  #ending: Promise<void> | undefined;

  constructor(options: GameProcessOptions) {
    this.#options = options;
    this.#tokens = new JoinTokens({
      now: Date.now,
      usedMax: USED_TOKENS_MAX,
      keysWaitMs: KEYS_WAIT_MS,
      waitersMax: WAITERS_MAX,
      ...(options.claim ? { claim: options.claim } : {}),
    });
  }

  async start(): Promise<void> {
    const { hasSdk } = this.#options.settings;
    // The connection to the SDK server is made while Colyseus is loaded: a start is mostly reading code.
    const connecting = hasSdk ? this.#connect() : undefined;
    const game = await this.#options.open({
      ...(hasSdk ? { tokens: this.#tokens } : {}),
      onPlayers: (players) => this.#seePlayers(players),
      onPresence: (presence) => this.#seePresence(presence),
    });
    this.#game = game;
    const { webSocketPort, udpPort } = game;
    log("listening", { webSocketPort, udpPort, sdk: hasSdk });
    const agones = await connecting;
    if (agones) this.#tellPresence(agones);
    await agones?.ready();
    if (agones) log("ready", { sinceStartMs: Math.round(performance.now()) });
  }

  /** Tells the players, lets rooms end, says goodbye to the platform. */
  end(because: string): Promise<void> {
    this.#ending ??= this.#end(because);
    return this.#ending;
  }

  async #connect(): Promise<AgonesLife> {
    const { AgonesLife } = await import("./agones.ts");
    this.#agones = new AgonesLife((gameServer) => this.#seeGameServer(gameServer));
    await this.#agones.connect();
    return this.#agones;
  }

  /** Rooms and players are told to the platform, from before it sends anybody here. */
  #tellPresence(agones: AgonesLife): void {
    this.#data = new GameData({ ask: (asking) => agones.data(asking), log, retryMs: RETRY_MS });
    this.#data.show(this.#presence);
  }

  #seePresence(presence: Presence): void {
    this.#presence = presence;
    this.#data?.show(presence);
  }

  async #end(because: string): Promise<void> {
    clearTimeout(this.#empty);
    log("ending", { because, players: this.#players, dropped: this.#game?.dropped });
    await Promise.race([this.#game?.[Symbol.asyncDispose](), pause(GOODBYE_MS)]);
    this.#data?.[Symbol.dispose]();
    // When the platform ends this process it knows already, and its SDK server may be gone.
    await Promise.race([
      this.#agones
        ?.shutdown()
        .catch((error: Error) => log("no shutdown", { error: error.message })),
      pause(SHUTDOWN_MS),
    ]);
    this.#agones?.[Symbol.dispose]();
    log("ended");
  }

  #seeGameServer(gameServer: GameServerSeen): void {
    this.#tokens.show(gameServer);
    this.#game?.endRooms(this.#tokens.closedRooms);
    this.#seeState(gameServer.status.state);
  }

  #seeState(state: string): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#hadPlayers = this.#players > 0;
    log("state", { state });
    this.#armReuse();
  }

  #seePlayers(players: number): void {
    this.#players = players;
    this.#hadPlayers ||= players > 0;
    this.#armReuse();
  }

  /** Everybody has left an allocated game for a while: it may be used again, if it was told so. */
  #armReuse(): void {
    clearTimeout(this.#empty);
    const { reuse, emptyMs } = this.#options.settings;
    if (reuse === "stay" || this.#state !== "Allocated") return;
    if (this.#players > 0 || !this.#hadPlayers) return;
    this.#empty = setTimeout(() => this.#reuse(reuse), emptyMs);
  }

  #reuse(reuse: "ready" | "shutdown"): void {
    log("everybody left", { reuse });
    if (reuse === "shutdown") return void this.end("everybody left").then(() => process.exit(0));
    this.#agones?.ready().catch((error: Error) => log("no ready", { error: error.message }));
  }
}

/** Players are told, and what must be saved is saved, within this. */
const GOODBYE_MS = 10_000;
const SHUTDOWN_MS = 2000;
/** A token lives for a minute: more in that time are more players than one process has. */
const USED_TOKENS_MAX = 10_000;
const KEYS_WAIT_MS = 2000;
const WAITERS_MAX = 256;
const RETRY_MS = 1000;

/** Runs a game until it is told to end. */
export function runGame(optionsOf: () => GameProcessOptions): void {
  const run = async (): Promise<void> => {
    const game = new GameProcess(optionsOf());
    const stop = (signal: string): void => void game.end(signal).then(() => process.exit(0));
    process.on("SIGTERM", stop);
    process.on("SIGINT", stop);
    await game.start();
  };
  run().catch((error: Error) => {
    log("failed", { error: error.message });
    process.exitCode = 1;
    // Sockets that are open already must not keep a game alive that never started.
    setTimeout(() => process.exit(1), 100);
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
