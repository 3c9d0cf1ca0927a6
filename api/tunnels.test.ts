import { once } from "node:events";
import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { type Duplex, Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../core/std/clock.ts";
import { FleetError } from "../core/std/errors.ts";
import { silentLogger } from "../core/std/logger.ts";
import { dialExec } from "../runtime/link/exec-client.ts";
import { EXEC_PROTOCOL } from "../runtime/link/exec-frame.ts";
import { LinkClient } from "../runtime/link/link-client.ts";
import { serveTunnel, type TunnelVerbs } from "../runtime/link/tunnel.ts";
import { type ApiHarness, GAME_SPEC, openApi } from "./api.fixture.ts";

const SERVERS = "/apis/agones.dev/v1/namespaces/default/gameservers";
let api: ApiHarness;
let stop: AbortController;
let link: LinkClient;
beforeEach(async () => {
  stop = new AbortController();
  api = await openApi();
  link = new LinkClient({
    url: api.url,
    token: api.tokens.agent,
    node: "one",
    clock: systemClock,
    logger: silentLogger,
    backoff: { firstMs: 5, factor: 2, maxMs: 20 },
    queueMax: 10,
    requestTimeoutMs: 20_000,
    silenceMaxMs: 20_000,
    streamsMax: 8,
  });
  const input = { metadata: { name: "a" }, spec: GAME_SPEC };
  await api.put("GameServer", input, { state: "Ready", nodeName: "one" });
});
afterEach(async () => {
  stop.abort();
  await link[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

/** A node whose containers say lines and run a shell that answers in capitals. */
function verbs(ended: () => void = () => undefined): TunnelVerbs {
  return {
    async *logs(subject, { follow, tail = 3, signal }) {
      for (let i = 3 - tail; i < 3; i++) yield { at: 0, text: `${subject.name} line ${i}` };
      if (!follow) return;
      for (let i = 3; !signal.aborted; i++) {
        yield { at: 0, text: `line ${i}` };
        await systemClock.sleep(1, signal).catch(() => undefined);
      }
      ended();
    },
    blob: async () => Readable.from([Buffer.from("a blob")]),
    exec: async (_subject, argv, { tty }) => {
      if (argv[0] === "nod") throw new FleetError("NOT_FOUND", "exec nod: no such file");
      const inputs: { stream: "stdout"; data: Buffer }[] = [];
      let wake = Promise.withResolvers<void>();
      const exit = Promise.withResolvers<number>();
      let isOver = false;
      const say = (text: string): void => {
        inputs.push({ stream: "stdout", data: Buffer.from(text) });
        wake.resolve();
      };
      say(`${argv.join(" ")} tty=${tty}\n`);
      async function* output(): AsyncGenerator<{ stream: "stdout"; data: Buffer }> {
        while (!isOver || inputs.length > 0) {
          const next = inputs.shift();
          if (next) yield next;
          else await wake.promise;
          wake = inputs.length > 0 ? wake : Promise.withResolvers();
        }
      }
      return {
        output: output(),
        write: (data) => say(Buffer.from(data).toString().toUpperCase()),
        resize: (columns, rows) => say(`${columns}x${rows}\n`),
        end: () => {
          isOver = true;
          exit.resolve(7);
          wake.resolve();
        },
        exit: exit.promise,
        [Symbol.dispose]: ended,
      };
    },
  };
}
async function connectNode(ended?: () => void): Promise<void> {
  const answers = verbs(ended);
  void link.tunnel((stream, wire) => void serveTunnel(stream, wire, answers), stop.signal);
  while (
    (await api.ask("/metrics")).text.includes('flotilla_api_streams{kind="tunnel"} 1') === false
  );
}
function exec(query: string, token = api.tokens.admin): ClientRequest {
  return httpRequest(`${api.url}${SERVERS}/a/exec?${query}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, connection: "Upgrade", upgrade: EXEC_PROTOCOL },
  }).end();
}

describe("logs through the tunnel", () => {
  it("come as text, with their last lines or their times when asked", async () => {
    await connectNode();
    const all = await api.ask(`${SERVERS}/a/log`);
    expect([all.status, all.text]).toEqual([200, "a line 0\na line 1\na line 2\n"]);
    const last = await api.ask(`${SERVERS}/a/log?tailLines=1&timestamps=1`);
    expect(last.text).toBe("1970-01-01T00:00:00.000Z a line 2\n");
  });

  it("follow until the reader leaves, and the node hears of that", async () => {
    const ended = Promise.withResolvers<void>();
    await connectNode(ended.resolve);
    const response = await fetch(`${api.url}${SERVERS}/a/log?follow=1&tailLines=0`, {
      headers: { authorization: `Bearer ${api.tokens.admin}` },
      signal: stop.signal,
    });
    const reader = response.body?.getReader();
    let text = "";
    while (!text.includes("line 10"))
      text += new TextDecoder().decode((await reader?.read())?.value);
    await reader?.cancel();
    await ended.promise;
  });

  it("say why there are none", async () => {
    const away = await api.ask(`${SERVERS}/a/log`);
    expect([away.status, away.body.message]).toEqual([
      503,
      "node one of GameServer a cannot be reached now",
    ]);
    expect((await api.ask(`${SERVERS}/none/log`)).status).toBe(404);
    await api.put("GameServer", { metadata: { name: "b" }, spec: GAME_SPEC });
    const unplaced = await api.ask(`${SERVERS}/b/log`);
    expect([unplaced.status, unplaced.body.message]).toEqual([
      409,
      "GameServer b is on no node yet",
    ]);
    void link.tunnel(
      (stream) => stream.refuse(new FleetError("NOT_FOUND", "no log is kept")),
      stop.signal,
    );
    for (;;) {
      const refused = await api.ask(`${SERVERS}/a/log`);
      if (refused.status === 503) continue;
      expect([refused.status, refused.body.message]).toEqual([404, "no log is kept"]);
      break;
    }
  });

  it("come again after the tunnel was cut", async () => {
    const tunnels: Duplex[] = [];
    api.app.server.on("upgrade", (_request, socket) => tunnels.push(socket));
    await connectNode();
    for (const socket of tunnels) socket.destroy();
    // Away until the node has noticed, and has opened another.
    const status = async () => (await api.ask(`${SERVERS}/a/log`)).status;
    await expect.poll(status).toBe(200);
    expect(tunnels.length).toBeGreaterThan(1);
  });
});

describe("a command in a container", () => {
  it("has input, output, a size and an exit code", async () => {
    await connectNode();
    using session = await dialExec({
      url: api.url,
      token: api.tokens.admin,
      path: `${SERVERS}/a/exec`,
      argv: ["sh", "-i"],
      tty: true,
      signal: stop.signal,
    });
    session.resize(80, 25);
    session.write(Buffer.from("hello\n"));
    session.end();
    const seen: string[] = [];
    for await (const { stream, data } of session.output) seen.push(`${stream} ${data}`);
    expect(seen).toEqual(["stdout sh -i tty=true\n", "stdout 80x25\n", "stdout HELLO\n"]);
    expect(await session.exit).toBe(7);
  });

  it("says that the connection was lost when it was", async () => {
    await connectNode();
    const path = `${SERVERS}/a/exec`;
    const { tokens, url } = api;
    const dial = { url, token: tokens.admin, path, argv: ["sh"], tty: false, signal: stop.signal };
    using session = await dialExec(dial);
    await api.app.close();
    for await (const _ of session.output);
    await expect(session.exit).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await expect(dialExec(dial)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  it("ends on the node when the person leaves", async () => {
    const ended = Promise.withResolvers<void>();
    await connectNode(ended.resolve);
    const [, socket] = (await once(exec("command=sh"), "upgrade")) as [unknown, Socket];
    socket.destroy();
    await ended.promise;
  });

  it.each([
    ["a command that is not there", "command=nod", "admin", 404],
    ["no command", "", "admin", 400],
    ["too narrow a token", "command=sh", "allocate", 403],
    ["a wrong token", "command=sh", "wrong", 401],
  ] as const)("is refused for %s", async (_, query, scope, status) => {
    await connectNode();
    const token = scope === "wrong" ? scope : api.tokens[scope];
    const [answer] = (await once(exec(query, token), "response")) as [IncomingMessage];
    expect(answer.statusCode).toBe(status);
    answer.resume();
  });

  it("needs an upgrade, and a foreign upgrade is nothing here", async () => {
    expect((await api.ask(`${SERVERS}/a/exec?command=sh`, { method: "POST" })).status).toBe(400);
    const foreign = httpRequest(`${api.url}/livez`, {
      headers: {
        authorization: `Bearer ${api.tokens.admin}`,
        connection: "Upgrade",
        upgrade: "websocket",
      },
    }).end();
    const [answer] = (await once(foreign, "response")) as [IncomingMessage];
    expect(answer.statusCode).toBe(404);
    answer.resume();
  });
});
