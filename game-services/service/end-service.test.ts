import { once } from "node:events";
import { Agent, request } from "node:http";
import { connect } from "node:net";
import type { FastifyInstance } from "fastify";
import { expect, it } from "vitest";
import { endService } from "./end-service.ts";
import { openWork } from "./work-service.fixture.ts";

const CLIENTS = 16;

/** A service that takes a moment for each answer and counts them; `begun` resolves when it has the first request. */
async function openSlow({ workMs = 3, graceMs = 500, answerMs = 5_000 } = {}): Promise<{
  app: FastifyInstance;
  port: number;
  begun: Promise<void>;
  handled: () => number;
  end: () => Promise<void>;
}> {
  let handled = 0;
  let isEnding = false;
  const begun = Promise.withResolvers<void>();
  const handle = async () => {
    begun.resolve();
    await new Promise((resolve) => setTimeout(resolve, workMs));
    handled += 1;
    return { message: {} };
  };
  const { app, port } = await openWork(handle, { isEnding: () => isEnding });
  const end = async (): Promise<void> => {
    isEnding = true;
    await endService(app, { graceMs, answerMs });
  };
  return { app, port, begun: begun.promise, handled: () => handled, end };
}

/** Sends one request after another on a kept-alive connection until nobody is let in any more. */
async function keepAsking(port: number, answered: () => void): Promise<string> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (;;) {
    const ended = await new Promise<string | undefined>((resolve) => {
      const asking = request(
        { host: "127.0.0.1", port, method: "POST", path: "/work", agent },
        (answer) => {
          answer.resume();
          answer.once("end", () => {
            answered();
            resolve(answer.statusCode === 200 ? undefined : `status ${answer.statusCode}`);
          });
        },
      );
      asking.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      asking.end();
    });
    if (ended === undefined) continue;
    agent.destroy();
    return ended;
  }
}

it("answers every request that it was sent before it let nobody in any more", async () => {
  // So long that none of them is taken for silent, however long this process stands still.
  const { port, handled, end } = await openSlow({ graceMs: 15_000, answerMs: 20_000 });
  let answered = 0;
  const enough = Promise.withResolvers<void>();
  const clients = Array.from({ length: CLIENTS }, () =>
    keepAsking(port, () => {
      answered += 1;
      if (answered === 200) enough.resolve();
    }),
  );
  await enough.promise;
  await end();
  expect(new Set(await Promise.all(clients))).toEqual(new Set(["ECONNREFUSED"]));
  expect(answered).toBe(handled());
});

it("waits for an answer that takes longer than silent clients are waited for", async () => {
  const { port, begun, handled, end } = await openSlow({ workMs: 900, answerMs: 15_000 });
  const asked = request({ host: "127.0.0.1", port, method: "POST", path: "/work" });
  const answered = once(asked, "response");
  asked.end();
  await begun;
  await Promise.all([end(), answered.then(([answer]) => expect(answer.statusCode).toBe(200))]);
  expect(handled()).toBe(1);
});

it("waits no longer than the grace for who says nothing, be it at all or any more", async () => {
  const { app, port, end } = await openSlow({ answerMs: 60_000 });
  const silent = connect(port, "127.0.0.1");
  const taciturn = connect(port, "127.0.0.1");
  taciturn.write("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await once(taciturn, "data");
  const connections = () =>
    new Promise((resolve) => app.server.getConnections((_, count) => resolve(count)));
  await expect.poll(connections).toBe(2);
  const closed = [once(silent, "close"), once(taciturn, "close")];
  await end();
  await Promise.all(closed);
});

it("is not ready from the moment that it begins to end", async () => {
  const { app, end } = await openSlow();
  expect((await app.inject("/readyz")).statusCode).toBe(200);
  const ended = end();
  const { statusCode, headers } = await app.inject("/readyz");
  expect([statusCode, headers.connection, headers["retry-after"]]).toEqual([503, "close", "1"]);
  await ended;
});
