import type { Presence } from "./game-data.ts";
import type { Seats } from "./seat.ts";

/** What of a room everybody's list uses. */
export interface OpenRoom {
  readonly roomId: string;
  /** The platform has closed it: its players are told, and it ends. */
  endForGood(): void;
}

export interface EverybodyOptions {
  readonly onPlayers: (players: number) => void;
  readonly onPresence: (presence: Presence) => void;
}

/** The rooms and players of a process, told to whoever wants to know. */
export class Everybody {
  readonly #options: EverybodyOptions;
  readonly #rooms = new Set<OpenRoom>();
  /** By session id, under which name the platform hears of those who are in, who may come back among them. */
  readonly #players = new Map<string, string>();

  constructor(options: EverybodyOptions) {
    this.#options = options;
  }

  get rooms(): number {
    return this.#rooms.size;
  }

  opened(room: OpenRoom): void {
    this.#rooms.add(room);
    this.#tellPresence();
  }

  closed(room: OpenRoom): void {
    this.#rooms.delete(room);
    this.#tellPresence();
  }

  /** The platform has closed these rooms: those that are here end. */
  end(rooms: ReadonlySet<string>): void {
    for (const room of [...this.#rooms]) if (rooms.has(room.roomId)) room.endForGood();
  }

  /** Under which name the player of this session is known; undefined when it is not in. */
  find(sessionId: string): string | undefined {
    return this.#players.get(sessionId);
  }

  came(sessionId: string, name: string): void {
    this.#players.set(sessionId, name);
  }

  left(sessionId: string): void {
    this.#players.delete(sessionId);
  }

  /** Told whenever a player has come or is gone for good. */
  tell({ size }: Seats): void {
    this.#options.onPlayers(size);
    this.#tellPresence();
  }

  #tellPresence(): void {
    const players = new Set(this.#players.values());
    this.#options.onPresence({ rooms: this.#rooms.size, players });
  }
}
