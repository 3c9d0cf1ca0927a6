import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { PeerService } from "./peer-service.ts";

let server: Server;
let connections = 0;

/** Who is not to be late has time, however slow the machine is. */
async function peerThat(
  answers: RequestListener,
  { path = "", answerMs = 15_000 } = {},
): Promise<PeerService> {
  connections = 0;
  server = createServer(answers);
  server.on("connection", () => {
    connections += 1;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}${path}`;
  return new PeerService({ url, answerMs, answerBytesMax: 100, openMax: 2 });
}
afterEach(() => {
  server.closeAllConnections();
  server.close();
});
const plain = { headers: {} };

it("tells status, text and headers of an answer, below the service's own path", async () => {
  const peer = await peerThat(
    async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString();
      const { method, url, headers } = request;
      response.writeHead(404, { "x-told": "yes" });
      response.end([method, url, headers["x-asked"], body].join(" "));
    },
    { path: "/below/" },
  );
  const asked = { method: "POST", headers: { "x-asked": "a" }, body: "böse" } as const;
  const { status, text, header } = await peer.ask("/me?x=1", asked);
  expect([status, text]).toEqual([404, "POST /below/me?x=1 a böse"]);
  expect([header("x-told"), header("x-other")]).toEqual(["yes", undefined]);
});

it("keeps its connections, and makes no more than it may", async () => {
  const peer = await peerThat((_, response) => setTimeout(() => response.end("ok"), 5));
  for (let round = 0; round < 3; round++)
    await Promise.all(Array.from({ length: 6 }, () => peer.ask("/", plain)));
  expect(connections).toBe(2);
});

it("gives up on an answer that is too long, and goes on with the next one", async () => {
  const peer = await peerThat((request, response) => {
    response.end(request.url === "/long" ? "x".repeat(101) : "x".repeat(100));
  });
  await expect(peer.ask("/long", plain)).rejects.toThrow("too long");
  expect((await peer.ask("/", plain)).text).toHaveLength(100);
});

it("gives up on an answer that does not end in time", async () => {
  const peer = await peerThat(
    (_, response) => {
      response.flushHeaders();
      const drip = setInterval(() => response.write("x"), 50);
      response.once("close", () => clearInterval(drip));
    },
    { answerMs: 300 },
  );
  await expect(peer.ask("/", plain)).rejects.toThrow("no answer in time");
});

it("ends with the reason of a signal, before and while it waits", async () => {
  const peer = await peerThat(() => undefined);
  const over = AbortSignal.abort(new Error("nobody waits"));
  await expect(peer.ask("/", { ...plain, signal: over })).rejects.toThrow("nobody waits");
  expect(connections).toBe(0);
  const ending = new AbortController();
  server.once("request", () => ending.abort(new Error("gone")));
  await expect(peer.ask("/", { ...plain, signal: ending.signal })).rejects.toThrow("gone");
});

it("says that nobody is there", async () => {
  const peer = await peerThat(() => undefined);
  server.close();
  await once(server, "close");
  await expect(peer.ask("/", plain)).rejects.toThrow("ECONNREFUSED");
});
