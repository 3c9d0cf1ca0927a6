import { once } from "node:events";
import {
  createServer as createHttpServer,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import {
  constants,
  Http2ServerRequest,
  Http2ServerResponse,
  type IncomingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { createServer, type Server as NetServer, type Socket } from "node:net";
import {
  createServer as createTlsServer,
  type TLSSocket,
  type Server as TlsServer,
} from "node:tls";
import type { Clock } from "../../core/std/clock.ts";
import { LISTEN_BACKLOG } from "../../core/std/listen-backlog.ts";
import { type Caller, refusedCaller } from "./caller.ts";
import { looksLikeHttp2 } from "./first-bytes.ts";
import { goodbyeOf } from "./goodbye.ts";
import { isGrpc } from "./grpc.ts";
import type { TlsKeeper } from "./tls-keeper.ts";

export interface ListenerBounds {
  /** A handshake, or the first bytes without one, take no longer. */
  readonly handshakeMs: number;
  /** A connection without a call under way is closed after so long. */
  readonly idleMs: number;
  /** A request comes in whole within so long, and its answer is taken within so long. */
  readonly requestMs: number;
  /** How often both are looked at. */
  readonly lookEveryMs: number;
  readonly connectionsMax: number;
  /** Calls at once on one connection. */
  readonly callsMax: number;
  /** What is under way when it closes has so long. */
  readonly closeGraceMs: number;
}
export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  /** Undefined: in plain text. */
  readonly tls: TlsKeeper | undefined;
  readonly callerOf: (socket: Socket) => Caller;
  readonly serveCall: (
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    caller: Caller,
  ) => Promise<void>;
  readonly serveRest: (caller: Caller, ...parts: Parameters<RequestListener>) => void;
  readonly clock: Clock;
  readonly bounds: ListenerBounds;
}

interface Connection {
  /** What is under way. */
  readonly calls: Map<ServerHttp2Stream, Call>;
  idleSince: number;
}
interface Call {
  readonly since: number;
  /** The answer is complete, and the client has not taken it yet. */
  answeredAt?: number;
}
/** A connection of HTTP/1.1. */
interface Asking {
  readonly caller: Caller;
  /** To its latest request. */
  response?: ServerResponse;
}

const ENDED: Caller = refusedCaller(
  "",
  "the certificates of clients have changed since this connection was opened: connect anew",
);

/** One port for gRPC and REST: HTTP/2 carries both, told apart by their content type, HTTP/1.1 carries REST. */
export class AllocationListener implements AsyncDisposable {
  readonly #options: ListenerOptions;
  readonly #server: NetServer | TlsServer;
  readonly #http: Server;
  /** Every connection, also one that has not said yet what it speaks. */
  readonly #sockets = new Set<Socket>();
  readonly #asking = new Map<Socket, Asking>();
  readonly #sessions = new Map<ServerHttp2Session, Connection>();
  readonly #timer: NodeJS.Timeout;

  private constructor(options: ListenerOptions) {
    const { tls, bounds } = options;
    this.#options = options;
    this.#http = this.#httpServer();
    this.#server = tls ? this.#tlsServer(tls) : createServer((socket) => this.#accept(socket));
    this.#server.maxConnections = bounds.connectionsMax;
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    this.#timer = setInterval(() => this.#look(), bounds.lookEveryMs).unref();
  }

  static async open(options: ListenerOptions): Promise<AllocationListener> {
    const { host, port } = options;
    const listener = new AllocationListener(options);
    listener.#server.listen({ host, port, backlog: LISTEN_BACKLOG });
    await once(listener.#server, "listening");
    return listener;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address ? address.port : 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#endAll();
    const late = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, this.#options.bounds.closeGraceMs);
    await closed;
    clearTimeout(late);
    this.#http.close();
  }

  #tlsServer(tls: TlsKeeper): TlsServer {
    const { handshakeMs } = this.#options.bounds;
    const rest = { ALPNProtocols: ["h2", "http/1.1"], handshakeTimeout: handshakeMs };
    const server = createTlsServer({ ...rest, ...tls.context }, (socket) =>
      this.#serve(socket, socket.alpnProtocol === "h2"),
    );
    // Somebody who knocks without a handshake is none of our business.
    server.on("tlsClientError", (_error, socket) => socket.destroy());
    tls.onChange((change) => {
      server.setSecureContext(tls.context);
      // Who is trusted no longer must not go on over a connection that was opened before.
      if (change === "narrowed") this.#endAll();
    });
    return server;
  }

  #httpServer(): Server {
    const { requestMs, idleMs, lookEveryMs } = this.#options.bounds;
    const server = createHttpServer({
      headersTimeout: requestMs,
      requestTimeout: requestMs,
      keepAliveTimeout: idleMs,
      connectionsCheckingInterval: lookEveryMs,
    });
    server.on("request", (request, response) => {
      const asking = this.#asking.get(request.socket);
      if (!asking) return;
      asking.response = response;
      this.#options.serveRest(asking.caller, request, response);
    });
    // It is handed connections and listens nowhere; by this it begins to look at how slow they are.
    server.emit("listening");
    return server;
  }

  /** Without TLS nothing was agreed on: the first bytes say what is spoken. */
  #accept(socket: Socket): void {
    looksLikeHttp2(socket, this.#options.bounds.handshakeMs).then(
      (isHttp2) => this.#serve(socket, isHttp2),
      () => socket.destroy(),
    );
  }

  #serve(socket: Socket | TLSSocket, isHttp2: boolean): void {
    const caller = this.#options.callerOf(socket);
    socket.setNoDelay(true);
    if (isHttp2 && caller.refusal !== undefined) this.#refuse(socket, caller.refusal);
    else if (isHttp2) this.#openSession(socket, caller);
    else {
      this.#asking.set(socket, { caller });
      socket.on("close", () => this.#asking.delete(socket));
      this.#http.emit("connection", socket);
    }
  }

  /** Node's HTTP/2 is not for strangers: some of what they can send ends the process (nodejs/node#39951). */
  #refuse(socket: Socket, reason: string): void {
    socket.on("error", () => socket.destroy());
    const late = setTimeout(() => socket.destroy(), this.#options.bounds.handshakeMs);
    socket.on("close", () => clearTimeout(late));
    socket.end(goodbyeOf(reason));
    socket.resume();
  }

  #openSession(socket: Socket, caller: Caller): void {
    const maxConcurrentStreams = this.#options.bounds.callsMax;
    const session = performServerHandshake(socket, { settings: { maxConcurrentStreams } });
    const now = this.#options.clock.monotonic();
    const connection = { calls: new Map(), idleSince: now };
    this.#sessions.set(session, connection);
    session.on("close", () => this.#sessions.delete(session));
    // A connection that breaks, or speaks nonsense, is closed by its session; there is nobody to tell.
    session.on("error", () => session.destroy());
    session.on("stream", (stream, headers, _flags, raw) => {
      this.#begin(connection, stream);
      // A CONNECT, which alone has no path: nobody is reached through here.
      if (headers[":path"] === undefined) stream.close(constants.NGHTTP2_CONNECT_ERROR);
      else if (isGrpc(headers)) void this.#options.serveCall(stream, headers, caller);
      else this.#rest(stream, headers, raw, caller);
    });
  }

  #begin(connection: Connection, stream: ServerHttp2Stream): void {
    connection.calls.set(stream, { since: this.#options.clock.monotonic() });
    // What a call ends with is told to it by `close`.
    stream.on("error", () => undefined);
    stream.on("close", () => {
      connection.calls.delete(stream);
      connection.idleSince = this.#options.clock.monotonic();
    });
  }

  #rest(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    raw: readonly string[],
    caller: Caller,
  ): void {
    // A body needs neither a length nor a kind here; without both it would count as none.
    if (!stream.endAfterHeaders) headers["content-type"] ??= "application/json";
    const request = new Http2ServerRequest(stream, headers, {}, raw);
    const response = new Http2ServerResponse(stream);
    // Node's compatible form of both, which frameworks take as they take those of HTTP/1.1.
    const parts = [request, response] as unknown as Parameters<RequestListener>;
    this.#options.serveRest(caller, ...parts);
  }

  #look(): void {
    const { idleMs } = this.#options.bounds;
    const now = this.#options.clock.monotonic();
    for (const [session, { calls, idleSince }] of this.#sessions) {
      if (calls.size === 0 && now - idleSince > idleMs) session.close();
      for (const [stream, call] of calls) if (this.#isLate(stream, call, now)) cancel(stream);
    }
  }

  /** It does not come in, or its client does not take the answer. */
  #isLate(stream: ServerHttp2Stream, call: Call, now: number): boolean {
    if (stream.writableEnded) call.answeredAt ??= now;
    const since = stream.readableEnded ? call.answeredAt : call.since;
    return since !== undefined && now - since > this.#options.bounds.requestMs;
  }

  /** Connections end as soon as what is under way on them was answered. */
  #endAll(): void {
    for (const session of this.#sessions.keys()) session.close();
    for (const [socket, { response }] of this.#asking) {
      if (response && !response.headersSent) response.shouldKeepAlive = false;
      this.#asking.set(socket, { caller: ENDED });
    }
    this.#http.closeIdleConnections();
  }
}

/** Any other code would wait for the client to take what was written. */
function cancel(stream: ServerHttp2Stream): void {
  stream.close(constants.NGHTTP2_CANCEL);
}
