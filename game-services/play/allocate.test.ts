import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { allocate } from "./allocate.ts";

let server: Server | undefined;
let asked: { path?: string | undefined; authorization?: string | undefined; body?: unknown } = {};

/** An API that gives one answer to everything; returns its URL. */
async function answering(status: number, answer: object): Promise<string> {
  server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const { url: path, headers } = request;
    const body = JSON.parse(Buffer.concat(parts).toString());
    asked = { path, authorization: headers.authorization, body };
    response.writeHead(status).end(JSON.stringify(answer));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(() => {
  server?.close();
  server = undefined;
});

const options = { token: "secret", namespace: "default", fleet: "arena" };
const PORTS = [
  { name: "game", port: 7001 },
  { name: "udp", port: 7002 },
];

it("asks as Agones' clients do, and finds the ports by their names", async () => {
  const status = {
    state: "Allocated",
    gameServerName: "arena-1",
    address: "10.0.0.1",
    ports: PORTS,
  };
  const api = await answering(201, { status });
  expect(await allocate({ ...options, api })).toEqual({
    gameServer: "arena-1",
    host: "10.0.0.1",
    webSocketPort: 7001,
    udpPort: 7002,
  });
  expect(asked).toMatchObject({
    path: "/apis/allocation.agones.dev/v1/namespaces/default/gameserverallocations",
    authorization: "Bearer secret",
    body: { spec: { selectors: [{ matchLabels: { "agones.dev/fleet": "arena" } }] } },
  });
});

it.each([
  [201, { status: { state: "UnAllocated" } }, "fleet arena has no Ready game server: UnAllocated"],
  [401, { kind: "Status", message: "no token" }, "the allocation was refused (401): no token"],
  [
    201,
    { status: { state: "Allocated", gameServerName: "a", ports: [PORTS[0]] } },
    "game server a has no port named udp",
  ],
])("says in a sentence why there is no game server (%s)", async (status, answer, sentence) => {
  const api = await answering(status, answer);
  await expect(allocate({ ...options, api })).rejects.toThrow(sentence);
});
