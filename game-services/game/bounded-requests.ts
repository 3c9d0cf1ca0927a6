import type { IncomingMessage, Server, ServerResponse } from "node:http";

/** Nobody who is honest takes longer to say what it wants. */
const REQUEST_MS = 20_000;

/**
 * Refuses bodies of requests that are longer than `bytesMax`, or do not say how long they are, before any of the
 * server's listeners reads them: Colyseus keeps a body as a whole, however long it is. To be called when it listens.
 */
export function boundRequests(server: Server, bytesMax: number): void {
  server.requestTimeout = REQUEST_MS;
  server.headersTimeout = REQUEST_MS;
  const listeners = server.listeners("request");
  server.removeAllListeners("request");
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const status = refusalOf(request, bytesMax);
    if (status === undefined)
      for (const listener of listeners) listener.call(server, request, response);
    else {
      response.writeHead(status, { connection: "close" }).end();
      response.once("finish", () => request.socket.destroySoon());
    }
  });
}

/** The status of what is refused. */
function refusalOf({ headers }: IncomingMessage, bytesMax: number): number | undefined {
  if (headers["transfer-encoding"] !== undefined) return 411;
  return Number(headers["content-length"] ?? 0) > bytesMax ? 413 : undefined;
}
