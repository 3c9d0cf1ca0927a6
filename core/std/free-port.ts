import { once } from "node:events";
import { createServer, type ListenOptions, type Server } from "node:net";

/*
 * Below what the kernel hands out by itself (32768 and up): whoever listens on port 0, or calls somebody, never gets one of
 * these, so a port stays free until the program that it was found for listens there, be that half a minute later.
 */
const FIRST = 20_500;
const COUNT = 10_000;
/** Held for as long as this process lives: the kernel lets a name be there once. Elsewhere than on Linux it has no such names. */
const claims: Server[] = [];

/** For tests and benchmarks: a TCP port of loopback that nobody listens on, and that no process is given while this one lives. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    const claim = await listen({ path: `\0flotilla-free-port-${port}` });
    if (!claim && process.platform === "linux") continue;
    if (claim) claims.push(claim.unref());
    const server = await listen({ port, host: "127.0.0.1" });
    if (!server) continue;
    server.close();
    await once(server, "close");
    return port;
  }
}

async function listen(where: ListenOptions): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy()).listen(where);
  try {
    await once(server, "listening");
    return server;
  } catch {
    return undefined;
  }
}
