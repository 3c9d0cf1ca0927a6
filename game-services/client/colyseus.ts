import { Client, CloseCode, MatchMakeError, type Room, ServerError } from "@colyseus/sdk";
import type { Connector, SeatPass, Watcher } from "./connector.ts";
import { FlotillaError } from "./errors.ts";

export interface ColyseusOptions {
  /** What the game calls this kind of room; the fleet's name by default. */
  readonly roomName?: string;
  /** The name of the game server's port that Colyseus listens on; `game` by default. */
  readonly port?: string;
  /** Where to connect, for games behind a proxy: pages over https may only use `wss:`. */
  readonly endpoint?: (pass: SeatPass) => string;
  /** Close codes by which the game says that coming back makes no sense. */
  readonly finalCodes?: readonly number[];
  /** What the game wants to know beside the join token; asked for each join. */
  readonly joinOptions?: () => object | Promise<object>;
}
/** A Colyseus room with this state. */
// biome-ignore lint/suspicious/noExplicitAny: Colyseus' own default: rooms whose messages are not described
export type ColyseusRoom<State> = Room<any, State>;

/** The player has come in anew elsewhere: by this code the arena says so. */
const TAKEN_OVER = 4101;
/** Colyseus comes back by itself first, for some 20 s: longer than that the game would not wait. */
const OWN_TRIES_MAX = 8;

/** Players of a Colyseus game: the token goes into the join's options, where the room's `static onAuth` finds it. */
export function colyseus<State>(options: ColyseusOptions = {}): Connector<ColyseusRoom<State>> {
  const { finalCodes = [TAKEN_OVER] } = options;
  return {
    async join(pass, signal) {
      const client = new Client(endpointOf(pass, options));
      const shown = { ...(await options.joinOptions?.()), token: pass.token };
      signal.throwIfAborted();
      return entered(client.joinOrCreate<State>(options.roomName ?? pass.fleet, shown), signal);
    },
    async resume({ reconnectionToken }, pass, signal) {
      const client = new Client(endpointOf(pass, options));
      return entered(client.reconnect<State>(reconnectionToken), signal).catch((error) => {
        if (error instanceof FlotillaError && error.code === "REFUSED") return undefined;
        throw error;
      });
    },
    watch: (room, watcher) => watch(room, watcher, finalCodes),
    async leave(room) {
      room.reconnection.enabled = false;
      if (room.connection.isOpen) await room.leave();
    },
  };
}

function watch<S>(room: ColyseusRoom<S>, watcher: Watcher, finalCodes: readonly number[]): void {
  // However soon it breaks, a player tries to come back.
  room.reconnection.minUptime = 0;
  room.reconnection.maxRetries = OWN_TRIES_MAX;
  room.onDrop((code, reason) => watcher.dropped(sentence(code, reason)));
  room.onReconnect(() => watcher.back());
  room.onLeave((code, reason) => {
    const isFinal = code === CloseCode.CONSENTED || finalCodes.includes(code);
    watcher.ended({ because: sentence(code, reason), isFinal });
  });
}

/** Colyseus takes no signal: who comes in too late is led out again. */
async function entered<S>(
  entering: Promise<ColyseusRoom<S>>,
  signal: AbortSignal,
): Promise<ColyseusRoom<S>> {
  try {
    const room = await entering;
    if (signal.aborted) void room.leave();
    signal.throwIfAborted();
    return room;
  } catch (error) {
    if (signal.aborted) throw error;
    const isFailure = error instanceof MatchMakeError || error instanceof ServerError;
    // It names what went wrong on the way by a text, or by nothing.
    const isAnswer = isFailure && typeof error.code === "number";
    throw new FlotillaError(isAnswer ? "REFUSED" : "NETWORK", messageOf(error), { cause: error });
  }
}

function endpointOf(pass: SeatPass, { endpoint, port = "game" }: ColyseusOptions): string {
  if (endpoint) return endpoint(pass);
  const found = pass.ports.find(({ name }) => name === port);
  if (!found)
    throw new FlotillaError("INVALID", `the game server of ${pass.room} has no port named ${port}`);
  const literal = pass.host.includes(":") ? `[${pass.host}]` : pass.host;
  return `ws://${literal}:${found.port}`;
}

function messageOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : "the connection failed";
}

function sentence(code: number, reason?: string): string {
  return `closed with ${code}${reason ? `: ${reason}` : ""}`;
}
