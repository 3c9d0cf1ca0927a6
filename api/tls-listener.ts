import { once } from "node:events";
import { createServer, type Server } from "node:https";
import type { FastifyInstance } from "fastify";

export interface TlsListenerOptions {
  readonly host: string;
  readonly port: number;
  /** PEM, the authority's certificate after the server's own. */
  readonly cert: string;
  readonly key: string;
  /** What is under way when it closes has so long. */
  readonly closeGraceMs: number;
}

/** The API over TLS, beside its own listener: the same routes, for machines that are not this one. */
export class TlsListener implements AsyncDisposable {
  readonly #server: Server;
  readonly #closeGraceMs: number;

  private constructor(server: Server, closeGraceMs: number) {
    this.#server = server;
    this.#closeGraceMs = closeGraceMs;
  }

  static async open(app: FastifyInstance, options: TlsListenerOptions): Promise<TlsListener> {
    const { host, port, cert, key, closeGraceMs } = options;
    const { keepAliveTimeout, headersTimeout, requestTimeout } = app.server;
    const bounds = { keepAliveTimeout, headersTimeout, requestTimeout };
    const server = createServer({ cert, key, minVersion: "TLSv1.3", ...bounds }, app.routing);
    server.on("upgrade", (message, socket, head) => {
      app.server.emit("upgrade", message, socket, head);
    });
    // Somebody who knocks without a handshake is none of our business.
    server.on("tlsClientError", (_error, socket) => socket.destroy());
    server.listen(port, host);
    await once(server, "listening");
    return new TlsListener(server, closeGraceMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeIdleConnections();
    const late = setTimeout(() => this.#server.closeAllConnections(), this.#closeGraceMs);
    await closed;
    clearTimeout(late);
  }
}
