import type { Socket } from "node:net";
import { WebSocketTransport } from "@colyseus/ws-transport";
import { WebSocket } from "ws";

/** What of ws is used beneath its own types. */
interface Connected {
  readonly _socket?: Pick<Socket, "bytesRead">;
}
interface Heard {
  readonly bytesRead: number;
  /** Looks since then that found nothing new. */
  readonly silent: number;
}

/** A round over all connections is made in so many looks. */
const LOOKS = 60;

/**
 * Finds connections whose other end is gone. Who has sent anything since the last round is there and is not asked; only the
 * silent are pinged, and cut off when that many rounds in a row heard nothing. A few at each look: to ping two thousand
 * players at once takes 40 ms, in which no room ticks.
 */
export class Heartbeat {
  readonly #connections: ReadonlySet<WebSocket>;
  readonly #silentMax: number;
  readonly #heard = new WeakMap<WebSocket, Heard>();
  #round: readonly WebSocket[] = [];
  #looks = 0;

  constructor(connections: ReadonlySet<WebSocket>, silentMax: number) {
    this.#connections = connections;
    this.#silentMax = silentMax;
  }

  /** A sixtieth of a round. */
  look(): void {
    const part = this.#looks % LOOKS;
    if (part === 0) this.#round = [...this.#connections];
    this.#looks += 1;
    const perLook = this.#round.length / LOOKS;
    const [from, to] = [Math.floor(part * perLook), Math.floor((part + 1) * perLook)];
    for (const connection of this.#round.slice(from, to)) this.#lookAt(connection);
  }

  #lookAt(connection: WebSocket): void {
    if (connection.readyState !== WebSocket.OPEN) return;
    const { _socket: socket } = connection as unknown as Connected;
    const bytesRead = socket?.bytesRead ?? 0;
    const before = this.#heard.get(connection);
    const silent = before?.bytesRead === bytesRead ? before.silent + 1 : 0;
    this.#heard.set(connection, { bytesRead, silent });
    if (silent >= this.#silentMax) connection.terminate();
    else if (silent > 0) connection.ping();
  }
}

/** Colyseus' transport with that instead of its own look at everybody in one moment. */
export class HeartbeatTransport extends WebSocketTransport {
  protected override autoTerminateUnresponsiveClients(roundMs: number, silentMax: number): void {
    const heartbeat = new Heartbeat(this.wss.clients, silentMax);
    this.pingInterval = setInterval(() => heartbeat.look(), roundMs / LOOKS);
  }
}
