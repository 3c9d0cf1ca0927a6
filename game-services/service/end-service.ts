import { Server } from "node:net";
import type { FastifyInstance } from "fastify";

export interface EndOptions {
  /** How long kept-alive connections may bring one more request, and what is under way may take. */
  readonly graceMs: number;
}

const CHECK_MS = 20;

/**
 * Ends a service without losing a request: nobody new is let in, every connection is answered once more and told to
 * close (see `isEnding` of the service), and only those that stay silent for the whole grace are cut. The http server's own `close` cuts idle
 * connections at once, and with them a request that is on its way.
 */
export async function endService(app: FastifyInstance, { graceMs }: EndOptions): Promise<void> {
  Server.prototype.close.call(app.server);
  const until = performance.now() + graceMs;
  while ((await connectionsOf(app)) > 0 && performance.now() < until)
    await new Promise((resolve) => setTimeout(resolve, CHECK_MS));
  app.server.closeAllConnections();
  await app.close();
}

function connectionsOf({ server }: FastifyInstance): Promise<number> {
  return new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
}
