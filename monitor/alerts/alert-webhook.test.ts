import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AlertMessage } from "../../core/model/alert.ts";
import { systemClock } from "../../core/std/clock.ts";
import { type Logger, silentLogger } from "../../core/std/logger.ts";
import { AlertWebhook, type AlertWebhookBounds, signatureOf } from "./alert-webhook.ts";

const BOUNDS: AlertWebhookBounds = {
  ...{ queueMax: 3, triesMax: 3, answerWithinMs: 2_000 },
  backoff: { firstMs: 1, factor: 1, maxMs: 1 },
};
interface Heard {
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

let server: Server;
let heard: Heard[];
/** Statuses to answer with, one after the other; then 204. */
let statuses: number[];
let stop: AbortController;
const dropped: unknown[] = [];
const logger: Logger = { ...silentLogger, error: (fields) => void dropped.push(fields) };

beforeEach(async () => {
  heard = [];
  statuses = [];
  dropped.length = 0;
  stop = new AbortController();
  server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    heard.push({ headers: request.headers, body });
    response
      .writeHead(statuses.shift() ?? 204, { location: "/elsewhere" })
      .end("x".repeat(100_000));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterEach(async () => {
  stop.abort();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function open(): AlertWebhook {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/alerts`;
  return new AlertWebhook({ url, secret: "hush", clock: systemClock, logger, bounds: BOUNDS });
}
function message(id: string): AlertMessage {
  const subject = { kind: "Node", name: "a" };
  const alert = { id, rule: "NodeLost", severity: "critical", state: "firing", subject } as const;
  return {
    id,
    event: "firing",
    atMs: 1,
    alert: { ...alert, summary: "", pendingAtMs: 1 },
    todo: "",
  };
}
const ids = (): string[] => heard.map(({ headers }) => String(headers["flotilla-event-id"]));

describe("the webhook of alerts", () => {
  it("is sent each alert once, in order, signed", async () => {
    const webhook = open();
    for (const id of ["a", "b"]) webhook.send(message(id));
    const running = webhook.run(stop.signal);
    await expect.poll(ids).toEqual(["a", "b"]);
    webhook.send(message("c"));
    await expect.poll(ids).toEqual(["a", "b", "c"]);
    for (const { headers, body } of heard) {
      const signature = String(headers["flotilla-signature"]);
      const seconds = Number(/^t=(\d+),/.exec(signature)?.[1]);
      expect(Math.abs(seconds - Date.now() / 1_000)).toBeLessThan(60);
      expect(signature).toBe(signatureOf("hush", seconds, body));
      expect(signature).not.toBe(signatureOf("hush", seconds, `${body} `));
      expect(signature).not.toBe(signatureOf("other", seconds, body));
    }
    stop.abort();
    await running;
  });

  it("is tried again while it fails, under the same id, and given up in the end", async () => {
    statuses = [503, 429, 204, 500, 500, 500];
    const webhook = open();
    for (const id of ["a", "b", "c"]) webhook.send(message(id));
    void webhook.run(stop.signal);
    await expect.poll(ids).toEqual(["a", "a", "a", "b", "b", "b", "c"]);
    expect(dropped).toEqual([{ message: "b", because: "it answered 500" }]);
  });

  it("follows no redirect, and does not insist on what is refused", async () => {
    statuses = [302, 404];
    const webhook = open();
    for (const id of ["a", "b", "c"]) webhook.send(message(id));
    void webhook.run(stop.signal);
    await expect.poll(ids).toEqual(["a", "b", "c"]);
    expect(dropped).toHaveLength(2);
  });

  it("lets the oldest go when too many wait", async () => {
    const webhook = open();
    for (const id of ["a", "b", "c", "d"]) webhook.send(message(id));
    expect(dropped).toEqual([{ message: "a", because: "too many wait" }]);
    void webhook.run(stop.signal);
    await expect.poll(ids).toEqual(["b", "c", "d"]);
  });

  it("does not hold up the end of the process", async () => {
    const webhook = open();
    const running = webhook.run(stop.signal);
    stop.abort();
    await running;
    expect(heard).toEqual([]);
  });
});
