import { once } from "node:events";
import { connect } from "node:net";
import { expect, it } from "vitest";
import { ServiceMetrics } from "./metrics.ts";
import { openWork } from "./work-service.fixture.ts";

it("tells the work when its client is gone, and not when only the body has ended", async () => {
  const signals: AbortSignal[] = [];
  const begun = Promise.withResolvers<AbortSignal>();
  const gone = Promise.withResolvers<void>();
  await using service = await openWork(async ({ body, signal }) => {
    signals.push(signal);
    signal.addEventListener("abort", () => gone.resolve());
    if (body.wait) {
      begun.resolve(signal);
      await gone.promise;
    }
    return { message: {} };
  });
  const { port } = service;
  const url = `http://127.0.0.1:${port}/work`;
  const headers = { "content-type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers, body: "{}" });
  await answer.json();
  expect([answer.status, signals[0]?.aborted]).toEqual([200, false]);

  const client = connect(port, "127.0.0.1");
  await once(client, "connect");
  const head = "POST /work HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
  client.write(`${head}content-length: 13\r\n\r\n{"wait":true}`);
  const signal = await begun.promise;
  expect(signal.aborted).toBe(false);
  client.destroy();
  await gone.promise;
  expect(signal.aborted).toBe(true);
});

it("counts a client that is gone as one, forgets it, and logs no failure", async () => {
  const logged: string[] = [];
  const note = (_: object, sentence: string): void => void logged.push(sentence);
  const metrics = new ServiceMetrics();
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  await using service = await openWork(
    async ({ signal }) => {
      begun.resolve();
      await once(signal, "abort");
      ended.resolve();
      throw signal.reason;
    },
    { metrics, logger: { debug: note, info: note, warn: note, error: note } },
  );
  const client = connect(service.port, "127.0.0.1");
  client.write("POST /work HTTP/1.1\r\nhost: x\r\n\r\n");
  await begun.promise;
  client.destroy();
  await ended.promise;
  await new Promise((resolve) => setImmediate(resolve));
  const { text } = await metrics.show();
  expect(text).toContain("flotilla_service_requests_open 0\n");
  expect(text).toMatch(/request_seconds_count\{method="POST",route="\/work",status="499"\} 1\n/);
  expect(logged).toEqual([]);
});

it("cuts off who does not read its answer", async () => {
  const metrics = new ServiceMetrics();
  const message = { text: "x".repeat(16_000_000) };
  await using service = await openWork(async () => ({ message }), { metrics, silentMs: 1_000 });
  const client = connect(service.port, "127.0.0.1");
  client.pause();
  client.on("error", () => undefined);
  client.write("POST /work HTTP/1.1\r\nhost: x\r\n\r\n");
  const isOver = async (): Promise<boolean> =>
    (await metrics.show()).text.includes('status="499"} 1\n');
  await expect.poll(isOver, { timeout: 15_000 }).toBe(true);
  client.destroy();
});
