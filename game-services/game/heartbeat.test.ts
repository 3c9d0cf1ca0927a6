import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { Heartbeat } from "./heartbeat.ts";

const LOOKS = 60;
const SILENT_MAX = 3;
let server: WebSocketServer;
let heartbeat: Heartbeat;
beforeEach(async () => {
  server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  heartbeat = new Heartbeat(server.clients, SILENT_MAX);
});
afterEach(() => {
  for (const client of server.clients) client.terminate();
  server.close();
});

interface Pair {
  readonly client: WebSocket;
  readonly peer: WebSocket;
  /** Pings that the client has got. */
  pings: number;
}

async function come(): Promise<Pair> {
  const connected = once(server, "connection");
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const [[peer]] = (await Promise.all([connected, once(client, "open")])) as [[WebSocket], unknown];
  const pair = { client, peer, pings: 0 };
  client.on("ping", () => {
    pair.pings += 1;
  });
  return pair;
}

/** A whole round, after which everything that was sent has arrived. */
async function round(...alive: readonly Pair[]): Promise<void> {
  for (let look = 0; look < LOOKS; look++) heartbeat.look();
  for (const { client, peer } of alive) {
    const heard = once(peer, "pong");
    const answered = once(client, "pong");
    peer.ping("are you through");
    client.ping("and you");
    await Promise.all([heard, answered]);
  }
}

describe("the heartbeat of connections", () => {
  it("cuts off who answers nothing in three rounds, and nobody who answers pings", async () => {
    const [silent, there] = [await come(), await come()];
    silent.client.pause();
    const cut = once(silent.peer, "close");
    for (let n = 0; n <= SILENT_MAX; n++) await round(there);
    await cut;
    expect(there.peer.readyState).toBe(WebSocket.OPEN);
  });

  it("asks only those from whom nothing came", async () => {
    const [quiet, busy] = [await come(), await come()];
    for (let n = 0; n < 4; n++) {
      const said = once(busy.peer, "message");
      busy.client.send("here");
      await said;
      for (let look = 0; look < LOOKS; look++) heartbeat.look();
      // Whatever was sent to the busy one before this answer has come to it.
      const through = once(busy.client, "message");
      busy.peer.send("through");
      await through;
    }
    expect(busy.pings).toBe(0);
    const more = quiet.pings > 0 ? Promise.resolve() : once(quiet.client, "ping");
    await more;
    expect(quiet.pings).toBeGreaterThan(0);
  });

  it("looks at each once a round, however few or many there are, and never at many at a time", () => {
    let looked = 0;
    // Each has always sent something more.
    const one = (): WebSocket =>
      ({
        readyState: WebSocket.OPEN,
        get _socket() {
          looked += 1;
          return { bytesRead: looked };
        },
      }) as unknown as WebSocket;
    for (const count of [1, 59, 60, 61, 2_000]) {
      const many = new Heartbeat(new Set(Array.from({ length: count }, one)), SILENT_MAX);
      for (const rounds of [1, 2]) {
        const atFirst = looked;
        for (let look = 0; look < LOOKS; look++) {
          const before = looked;
          many.look();
          expect(looked - before, `${count}, ${rounds}`).toBeLessThanOrEqual(
            Math.ceil(count / LOOKS),
          );
        }
        expect(looked - atFirst).toBe(count);
      }
    }
  });
});
