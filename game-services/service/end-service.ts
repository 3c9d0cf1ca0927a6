import { Server, type Socket } from "node:net";
import type { FastifyInstance } from "fastify";

export interface EndOptions {
  /** How long kept-alive connections may bring one more request. */
  readonly graceMs: number;
  /** How long requests that are under way may take; more than the grace. */
  readonly answerMs: number;
}

const CHECK_MS = 20;
const noted = new WeakMap<object, Set<Socket>>();

/** Notes who connects from now on: `endService` finds those among them that have never said a word. */
export function noteConnections({ server }: FastifyInstance): void {
  const sockets = new Set<Socket>();
  noted.set(server, sockets);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
}

/**
 * Ends a service without losing a request: nobody new is let in, every connection is answered once more and told to
 * close (see `isEnding` of the service), and only those that stay silent for the whole grace are cut. The http server's
 * own `close` cuts idle connections at once, and with them a request that is on its way.
 */
export async function endService(
  app: FastifyInstance,
  { graceMs, answerMs }: EndOptions,
): Promise<void> {
  Server.prototype.close.call(app.server);
  const began = performance.now();
  for (let passed = 0; passed < answerMs; passed = performance.now() - began) {
    if (passed >= graceMs) await cutSilent(app);
    if ((await connectionsOf(app)) === 0) break;
    await new Promise((resolve) => setTimeout(resolve, CHECK_MS));
  }
  app.server.closeAllConnections();
  await app.close();
}

async function cutSilent({ server }: FastifyInstance): Promise<void> {
  // A process that stood still comes to its timers before it reads what has come meanwhile.
  await new Promise((resolve) => setImmediate(resolve));
  server.closeIdleConnections();
  // Browsers connect before they have anything to ask for. For Node these are not idle: they are to bring a request.
  for (const socket of noted.get(server) ?? []) if (socket.bytesRead === 0) socket.destroy();
}

function connectionsOf({ server }: FastifyInstance): Promise<number> {
  return new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
}
