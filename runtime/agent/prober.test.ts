import { once } from "node:events";
import { createServer as createHttpServer, type Server } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import type { ContainerPlan } from "../../core/model/container-plan.ts";
import { systemClock } from "../../core/std/clock.ts";
import type { ContainerDriver } from "../container/driver.ts";
import type { Readiness } from "./container-keeper.ts";
import { Prober } from "./prober.ts";

const PROBE = { initialDelaySeconds: 0, periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 1 };
const running = { id: "a", pid: 7, address: "127.0.0.1", startedAt: 0 };
const SOON = { timeout: 15_000 };
let stop = new AbortController();
let told: Readiness[] = [];
let loop: Promise<void> | undefined;

function probe(port: number, isReady: boolean, how: object = { tcpSocket: { port } }): void {
  told = [];
  stop = new AbortController();
  const prober = new Prober({
    driver: {} as ContainerDriver,
    clock: systemClock,
    onFailed: () => undefined,
    onReadiness: (_, readiness) => told.push(readiness),
  });
  const plan = { id: "a", readinessProbe: { ...PROBE, ...how } } as ContainerPlan;
  prober.watch({ plan, running, isReady });
  loop = prober.run(stop.signal).catch(() => undefined);
}
afterEach(async () => {
  stop.abort();
  await loop;
});

it("tells of readiness when it begins and when it is lost, once each", async () => {
  const server = createServer((socket) => socket.destroy());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  probe(typeof address === "object" && address ? address.port : 0, false);
  await expect.poll(() => told, SOON).toEqual([{ ready: true }]);
  await new Promise((resolve) => server.close(resolve));
  await expect.poll(() => told.length, SOON).toBe(2);
  expect(told[1]).toMatchObject({ ready: false, message: expect.stringContaining("ECONNREFUSED") });
});

it("tells that one which was ready before it was asked is not", async () => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  probe(typeof address === "object" && address ? address.port : 0, true);
  await expect.poll(() => told, SOON).toMatchObject([{ ready: false }]);
});

/** A server that answers `/` with what `answer` says, or not at all. */
async function answering(): Promise<
  Server & AsyncDisposable & { status: number | undefined; port: number }
> {
  const server = createHttpServer((_request, response) => {
    if (one.status !== undefined) response.writeHead(one.status).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const one = Object.assign(server, {
    status: 200 as number | undefined,
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
  return one;
}

it("calls late who was ready and says nothing, until it says that it is not ready", async () => {
  await using server = await answering();
  probe(server.port, false, { httpGet: { path: "/", port: server.port } });
  await expect.poll(() => told, SOON).toEqual([{ ready: true }]);
  server.status = undefined;
  await expect.poll(() => told.length, SOON).toBe(2);
  expect(told[1]).toEqual({ ready: false, isLate: true, message: "no answer within 1000 ms" });
  server.status = 503;
  await expect.poll(() => told.length, SOON).toBe(3);
  expect(told[2]).toEqual({ ready: false, message: "HTTP 503" });
  // It said no: silence does not mean that it is busy now.
  server.status = undefined;
  await setTimeout(2_500);
  expect(told).toHaveLength(3);
  server.status = 200;
  await expect.poll(() => told.at(-1), SOON).toEqual({ ready: true });
}, 60_000);
