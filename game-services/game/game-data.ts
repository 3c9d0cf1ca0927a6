/** What of Agones' beta SDK a game uses. */
export interface GameDataSdk {
  setCounterCount(key: string, count: number): Promise<void>;
  appendListValue(key: string, value: string): Promise<void>;
  deleteListValue(key: string, value: string): Promise<void>;
}
export interface Presence {
  readonly rooms: number;
  /** Who is in: those with a join token as it names them, others by their session ids. */
  readonly players: ReadonlySet<string>;
}
export interface GameDataOptions {
  /** Asks with whichever client is connected now. */
  readonly ask: (asking: (sdk: GameDataSdk) => Promise<void>) => Promise<void>;
  readonly log: (text: string, fields: object) => void;
  /** Between two tries while the SDK server does not answer. */
  readonly retryMs: number;
}
interface Step {
  readonly part: "rooms" | "players";
  readonly ask: (sdk: GameDataSdk) => Promise<void>;
  readonly done: () => void;
}

/**
 * Keeps the Counter `rooms` and the List `players` of this game server in step with the game. What counts is the newest
 * presence: steps in between are left out. Values that others put into the list are not touched. No failure of the SDK
 * is ever the game's: a part that the spec has not is left alone, anything else is told once and tried again.
 */
export class GameData implements Disposable {
  readonly #options: GameDataOptions;
  readonly #stop = new AbortController();
  readonly #absent = new Set<Step["part"]>();
  readonly #toldPlayers = new Set<string>();
  /** There was no room for them in the list: tried again when somebody has left. */
  readonly #outside = new Set<string>();
  #wanted: Presence = { rooms: 0, players: new Set() };
  #toldRooms: number | undefined;
  #said = "";
  #isRunning = false;

  constructor(options: GameDataOptions) {
    this.#options = options;
  }

  show(presence: Presence): void {
    this.#wanted = { rooms: presence.rooms, players: new Set(presence.players) };
    if (!this.#isRunning) void this.#run();
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    for (let step = this.#next(); step && !this.#stop.signal.aborted; step = this.#next())
      await this.#take(step);
    this.#isRunning = false;
  }

  #next(): Step | undefined {
    const { rooms, players } = this.#wanted;
    if (!this.#absent.has("rooms") && this.#toldRooms !== rooms) {
      const done = (): void => {
        this.#toldRooms = rooms;
      };
      return { part: "rooms", ask: (sdk) => sdk.setCounterCount("rooms", rooms), done };
    }
    if (this.#absent.has("players")) return undefined;
    // Who has left makes room for who comes.
    const left = [...this.#toldPlayers].find((player) => !players.has(player));
    if (left !== undefined) return this.#leaving(left);
    const isNew = (player: string): boolean =>
      !this.#toldPlayers.has(player) && !this.#outside.has(player);
    const come = [...players].find(isNew);
    if (come === undefined) return undefined;
    const done = (): void => void this.#toldPlayers.add(come);
    return { part: "players", ask: (sdk) => sdk.appendListValue("players", come), done };
  }

  #leaving(player: string): Step {
    const done = (): void => {
      this.#toldPlayers.delete(player);
      this.#outside.clear();
    };
    return { part: "players", ask: (sdk) => sdk.deleteListValue("players", player), done };
  }

  async #take({ part, ask, done }: Step): Promise<void> {
    try {
      await this.#options.ask(ask);
      done();
      this.#said = "";
    } catch (error) {
      const { code, message } = error as { readonly code?: number; readonly message: string };
      // Agones answers all of these with one code, so the words decide.
      if (/already exists|not found\. Value/i.test(message)) done();
      else if (/not found/i.test(message) || code === UNIMPLEMENTED)
        this.#leaveAlone(part, message);
      else if (/out of range/i.test(message)) this.#isFull(part, message);
      else await this.#waitAfter(message);
    }
  }

  #leaveAlone(part: Step["part"], error: string): void {
    this.#absent.add(part);
    this.#options.log("not kept by the platform", { part, error });
  }

  #isFull(part: Step["part"], error: string): void {
    this.#sayOnce(error);
    if (part === "rooms") this.#toldRooms = this.#wanted.rooms;
    else for (const player of this.#wanted.players) this.#outside.add(player);
  }

  async #waitAfter(error: string): Promise<void> {
    this.#sayOnce(error);
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = setTimeout(resolve, this.#options.retryMs);
    this.#stop.signal.addEventListener("abort", () => resolve(), { once: true });
    await promise;
    clearTimeout(waiting);
  }

  #sayOnce(error: string): void {
    if (error !== this.#said) this.#options.log("rooms and players are not told", { error });
    this.#said = error;
  }
}

/** gRPC's code for: this SDK server has no such call. */
const UNIMPLEMENTED = 12;
