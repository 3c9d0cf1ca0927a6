import { once } from "node:events";
import { createServer } from "node:net";

/*
 * Below what the kernel hands out by itself (32768 and up): whoever listens on port 0, or calls somebody, never gets one of
 * these, so a port stays free until the program that it was found for listens there, be that half a minute later.
 */
const FIRST = 20_500;
const COUNT = 10_000;
const given = new Set<number>();

/** For tests and benchmarks: a TCP port of loopback that nobody listens on; one process is never given one twice. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
