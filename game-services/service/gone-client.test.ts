import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { expect, it } from "vitest";
import { silentLogger } from "../../core/std/logger.ts";
import { createService } from "./create-service.ts";
import { ServiceMetrics } from "./metrics.ts";
import type { ServiceRoute } from "./route.ts";

it("tells the work when its client is gone, and not when only the body has ended", async () => {
  const signals: AbortSignal[] = [];
  const begun = Promise.withResolvers<AbortSignal>();
  const gone = Promise.withResolvers<void>();
  const route: ServiceRoute<{ readonly wait?: boolean }> = {
    method: "POST",
    url: "/work",
    access: "open",
    summary: "Works.",
    body: { type: "object", properties: { wait: { type: "boolean" } } },
    status: 200,
    answer: { type: "object", properties: {} },
    failures: [],
    example: { message: {} },
    handle: async ({ body, signal }) => {
      signals.push(signal);
      signal.addEventListener("abort", () => gone.resolve());
      if (body.wait) {
        begun.resolve(signal);
        await gone.promise;
      }
      return { message: {} };
    },
  };
  const app = await createService({
    title: "work",
    version: "1",
    description: "",
    routes: [route] as unknown as ServiceRoute[],
    plain: {},
    authenticate: () => Promise.reject(new Error("nobody")),
    operatorToken: "x",
    isEnding: () => false,
    notReady: async () => undefined,
    bodyBytesMax: 100,
    proxies: 0,
    metrics: new ServiceMetrics(),
    logger: silentLogger,
  });
  await using _closing = { [Symbol.asyncDispose]: () => app.close() };
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo;
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
