import { Server } from "node:net";
import type { FastifyInstance } from "fastify";

export interface EndOptions {
  /** How long kept-alive connections may bring one more request. */
  readonly graceMs: number;
  /** How long requests that are under way may take; more than the grace. */
  readonly answerMs: number;
}

const CHECK_MS = 20;

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
    if (passed >= graceMs) app.server.closeIdleConnections();
    if ((await connectionsOf(app)) === 0) break;
    await new Promise((resolve) => setTimeout(resolve, CHECK_MS));
  }
  app.server.closeAllConnections();
  await app.close();
}

function connectionsOf({ server }: FastifyInstance): Promise<number> {
  return new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
}
