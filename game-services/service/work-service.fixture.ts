import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { silentLogger } from "../../core/std/logger.ts";
import { createService, type ServiceOptions } from "./create-service.ts";
import { ServiceMetrics } from "./metrics.ts";
import type { ServiceRoute } from "./route.ts";

type Work = ServiceRoute<{ readonly wait?: boolean }>;

/** For tests: a service that listens, with the one route `POST /work`. */
export async function openWork(
  handle: Work["handle"],
  changes: Partial<ServiceOptions> = {},
): Promise<{ readonly app: FastifyInstance; readonly port: number } & AsyncDisposable> {
  const route: Work = {
    method: "POST",
    url: "/work",
    access: "open",
    summary: "Works.",
    body: { type: "object", properties: { wait: { type: "boolean" } } },
    status: 200,
    answer: { type: "object", properties: {} },
    failures: [],
    example: { message: {} },
    handle,
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
    ...changes,
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo;
  return { app, port, [Symbol.asyncDispose]: () => app.close() };
}
