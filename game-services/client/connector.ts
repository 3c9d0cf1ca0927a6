import type { Port } from "./wire.ts";

/** What a game needs to let a player in. */
export interface SeatPass {
  readonly fleet: string;
  readonly room: string;
  readonly seat: string;
  readonly player: string;
  readonly host: string;
  readonly ports: readonly Port[];
  readonly token: string;
}

/** How a connection ended. */
export interface Ended {
  readonly because: string;
  /** True when coming back makes no sense: the player left, or has come in anew elsewhere. */
  readonly isFinal: boolean;
}

/** Who wants to hear of a connection. */
export interface Watcher {
  /** It broke, and tries to mend itself. */
  dropped(because: string): void;
  /** It has mended itself. */
  back(): void;
  ended(ended: Ended): void;
}

/** How players of one kind of game connect: the only thing that knows the game's protocol. */
export interface Connector<Connection> {
  /** Joins the room with the pass's token; leaves nothing behind when the signal ends it. */
  join(pass: SeatPass, signal: AbortSignal): Promise<Connection>;
  /** Goes on with a connection that broke, which needs no token; undefined when the game does not wait for it any more. */
  resume(
    previous: Connection,
    pass: SeatPass,
    signal: AbortSignal,
  ): Promise<Connection | undefined>;
  watch(connection: Connection, watcher: Watcher): void;
  /** Says goodbye to the game. */
  leave(connection: Connection): Promise<void>;
}
