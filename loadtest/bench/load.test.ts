import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { expect, it } from "vitest";
import { allocateMessage, grpcLoad, nameIn } from "./grpc-load.ts";
import { httpLoad, jsonRequest } from "./http-load.ts";
import { command, parseReply } from "./redis.ts";

it("sends each request once, counts what was wanted, and waits where it got nothing", async () => {
  const bodies: string[] = [];
  const server = createServer((request, answer) => {
    request.setEncoding("utf8").on("data", (body: string) => {
      bodies.push(body);
      const text = `{"n":${body}}`;
      answer.writeHead(201, { "Content-Length": text.length }).end(text);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const answered: string[] = [];
  const result = await httpLoad({
    host: "127.0.0.1",
    port: typeof address === "object" && address ? address.port : 0,
    clients: 3,
    seconds: 10,
    requestsMax: 40,
    request: (n) => jsonRequest({ path: "/", body: `${n}` }),
    onAnswer: (status, body, n) => {
      answered.push(`${status} ${body.toString()}`);
      return n % 4 === 0 ? 1 : 0;
    },
  });
  server.close();
  const all = Array.from({ length: 40 }, (_, n) => `${n}`);
  expect(new Set(bodies)).toEqual(new Set(all));
  expect(bodies).toHaveLength(40);
  expect(new Set(answered)).toEqual(new Set(all.map((n) => `201 {"n":${n}}`)));
  expect({ requests: result.requests, errors: result.connectionErrors }).toEqual({
    requests: 30,
    errors: 0,
  });
});

it("speaks Redis' protocol: commands, bulk strings in pieces, numbers and errors", () => {
  expect(command("GET", "ä").toString()).toBe("*2\r\n$3\r\nGET\r\n$2\r\nä\r\n");
  const whole = Buffer.from("$4\r\ngs-1\r\n:5\r\n");
  for (let cut = 0; cut < 10; cut++) expect(parseReply(whole.subarray(0, cut))).toBeUndefined();
  expect(parseReply(whole)).toMatchObject({ status: 200, end: 10 });
  expect(parseReply(whole)?.body.toString()).toBe("gs-1");
  expect(parseReply(whole.subarray(10))).toMatchObject({ status: 200, end: 4 });
  expect(parseReply(Buffer.from("-ERR no\r\n"))).toMatchObject({ status: 500 });
});

it("makes calls over gRPC, counts what was wanted, and waits where it got nothing", async () => {
  const server = createHttp2Server();
  const asked: string[] = [];
  server.on("stream", async (stream, headers) => {
    const request = Buffer.concat(await stream.toArray());
    asked.push(`${headers[":path"]} ${request.subarray(5).equals(allocateMessage("bench"))}`);
    // Every fourth is told that there is nothing.
    if (asked.length % 4 === 0) {
      stream.respond({ "grpc-status": "8" }, { endStream: true });
      return;
    }
    stream.respond({ ":status": 200 }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    const name = Buffer.from(`gs-${asked.length}`);
    const head = Buffer.from([0, 0, 0, 0, name.length + 2, (2 << 3) | 2, name.length]);
    stream.end(Buffer.concat([head, name]));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const names: string[] = [];
  const result = await grpcLoad({
    host: "127.0.0.1",
    port: typeof address === "object" && address ? address.port : 0,
    clients: 6,
    connections: 2,
    seconds: 10,
    requestsMax: 40,
    tls: undefined,
    message: allocateMessage("bench"),
    onAnswer: (message) => {
      if (!message) return 1;
      names.push(nameIn(message));
      return 0;
    },
  });
  server.close();
  expect(new Set(asked)).toEqual(new Set(["/allocation.AllocationService/Allocate true"]));
  expect([asked.length, new Set(names).size, result.requests, result.connectionErrors]).toEqual([
    40, 30, 30, 0,
  ]);
});
