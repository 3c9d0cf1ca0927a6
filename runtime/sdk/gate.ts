import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import { createServer, type Server as NetServer, type Socket } from "node:net";
import { type ConnectionInjector, Server as GrpcServer, ServerCredentials } from "@grpc/grpc-js";
import type { SdkPeer } from "../../core/model/sdk-peer.ts";
import { type BackoffOptions, backoffMs } from "../../core/std/backoff.ts";
import type { Clock } from "../../core/std/clock.ts";
import { FleetError, messageOf } from "../../core/std/errors.ts";
import type { Logger } from "../../core/std/logger.ts";
import { addSdkServices } from "./grpc-services.ts";
import { type RestOptions, restHandler } from "./rest.ts";
import type { Session } from "./session.ts";

export interface GateOptions {
  readonly listen: SdkPeer["listen"];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly bindRetry: BackoffOptions;
  /** Open connections of one source address, gRPC and HTTP together. */
  readonly connectionsPerSourceMax: number;
  readonly streamsPerConnectionMax: number;
  readonly rest: RestOptions;
  /** Called for a source that no session answers to; resolves when the peers have been read again. */
  readonly onStranger: () => Promise<void>;
}

/**
 * One pair of listeners, and the game servers that speak through it: many behind a bridge's address, told apart by
 * where they come from, or the one that a listener of its own was made for (source "").
 */
export class Gate implements AsyncDisposable {
  readonly #options: GateOptions;
  readonly #sessions = new Map<string, Session>();
  readonly #sockets = new Map<string, Set<Socket>>();
  readonly #stop = new AbortController();
  readonly #grpc: GrpcServer;
  readonly #injector: ConnectionInjector;
  readonly #http: HttpServer;
  readonly #listeners: readonly NetServer[];

  constructor(options: GateOptions) {
    this.#options = options;
    const find = (source: string): Promise<Session> => this.#find(source);
    this.#grpc = new GrpcServer({
      "grpc.max_concurrent_streams": options.streamsPerConnectionMax,
      "grpc.max_receive_message_length": options.rest.bodyBytesMax,
      "grpc.enable_channelz": 0,
    });
    addSdkServices(this.#grpc, find);
    this.#injector = this.#grpc.createConnectionInjector(ServerCredentials.createInsecure());
    this.#http = createHttpServer(
      { ...SOCKET, headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 60_000 },
      restHandler(find, options.rest),
    );
    this.#http.prependListener("connection", (socket: Socket) => void this.#admit(socket));
    const grpc = createServer(SOCKET, (socket) => {
      if (this.#admit(socket)) this.#injector.injectConnection(socket);
    });
    this.#listeners = [grpc, this.#http];
  }

  get isEmpty(): boolean {
    return this.#sessions.size === 0;
  }

  /** Ports as bound, gRPC then HTTP; undefined before. */
  get ports(): readonly (number | undefined)[] {
    return this.#listeners.map((listener) => {
      const address = listener.address();
      return typeof address === "object" ? address?.port : undefined;
    });
  }

  /** Resolves when both listeners are bound; tried until they are, because a bridge may come later than its peers. */
  async open(): Promise<void> {
    const { address, grpcPort, httpPort } = this.#options.listen;
    const [grpc, http] = this.#listeners;
    if (!grpc || !http) return;
    await Promise.all([this.#bind(grpc, address, grpcPort), this.#bind(http, address, httpPort)]);
  }

  /** The newest game server at a source is the one that speaks: an address may be given out again. */
  add(session: Session): void {
    const source = session.peer.source ?? "";
    const present = this.#sessions.get(source);
    if (present && present.peer.startedAt > session.peer.startedAt) return;
    this.#sessions.set(source, session);
  }

  remove(session: Session): void {
    const source = session.peer.source ?? "";
    if (this.#sessions.get(source) !== session) return;
    this.#sessions.delete(source);
    if (source === "") return;
    for (const socket of this.#sockets.get(source) ?? []) socket.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new FleetError("CANCELLED", "the SDK door closes"));
    const closed = this.#listeners.map(closedServer);
    // The sessions have ended their streams with OK; what is left is idle.
    await this.#options.clock.sleep(CLOSE_GRACE_MS);
    for (const sockets of this.#sockets.values()) for (const socket of sockets) socket.destroy();
    this.#injector.destroy();
    this.#grpc.forceShutdown();
    this.#http.closeAllConnections();
    await Promise.all(closed);
  }

  async #find(source: string): Promise<Session> {
    const known = this.#sessions.get("") ?? this.#sessions.get(source);
    if (known) return known;
    await this.#options.onStranger();
    const found = this.#sessions.get("") ?? this.#sessions.get(source);
    if (found) return found;
    throw new FleetError("UNAUTHENTICATED", `no game server of this machine is known at ${source}`);
  }

  /** Counts a connection to its source, or cuts it. */
  #admit(socket: Socket): boolean {
    const source = sourceOf(socket);
    const sockets = this.#sockets.get(source) ?? new Set();
    if (sockets.size >= this.#options.connectionsPerSourceMax) {
      socket.destroy();
      return false;
    }
    this.#sockets.set(source, sockets.add(socket));
    // A broken connection is the client's affair; its streams end with it.
    socket.on("error", () => undefined);
    socket.on("close", () => {
      sockets.delete(socket);
      if (sockets.size === 0 && this.#sockets.get(source) === sockets) this.#sockets.delete(source);
    });
    return true;
  }

  async #bind(server: NetServer, host: string, port: number): Promise<void> {
    const { clock, logger, bindRetry } = this.#options;
    for (let attempt = 0; !this.#stop.signal.aborted; attempt++) {
      try {
        return await listening(server, host, port);
      } catch (error) {
        const fields = { address: host, port, error: messageOf(error) };
        if (attempt === 0) logger.warn(fields, "cannot listen for game servers yet");
        await clock.sleep(backoffMs(attempt, bindRetry), this.#stop.signal).catch(() => undefined);
      }
    }
  }
}

const SOCKET = { noDelay: true, keepAlive: true };

/** Time for streams that ended well to say so before connections are cut. */
const CLOSE_GRACE_MS = 50;

/** The address that a connection comes from, IPv4 in its short form. */
export function sourceOf(socket: { readonly remoteAddress?: string | undefined }): string {
  return (socket.remoteAddress ?? "").replace(/^::ffff:/, "");
}

function listening(server: NetServer, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, backlog: 511 }, () => {
      server.off("error", reject);
      server.on("error", () => undefined);
      resolve();
    });
  });
}

function closedServer(server: NetServer): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
