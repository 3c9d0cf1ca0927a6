import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, expect, it } from "vitest";
import type { ContainerPlan } from "../../core/model/container-plan.ts";
import { systemClock } from "../../core/std/clock.ts";
import type { ContainerDriver } from "../container/driver.ts";
import type { Readiness } from "./container-keeper.ts";
import { Prober } from "./prober.ts";

const PROBE = { initialDelaySeconds: 0, periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 1 };
const running = { id: "a", pid: 7, address: "127.0.0.1", startedAt: 0 };
let stop = new AbortController();
let told: Readiness[] = [];
let loop: Promise<void> | undefined;

function probe(port: number, isReady: boolean): void {
  told = [];
  stop = new AbortController();
  const prober = new Prober({
    driver: {} as ContainerDriver,
    clock: systemClock,
    onFailed: () => undefined,
    onReadiness: (_, readiness) => told.push(readiness),
  });
  const plan = { id: "a", readinessProbe: { ...PROBE, tcpSocket: { port } } } as ContainerPlan;
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
  await expect.poll(() => told, { timeout: 10_000 }).toEqual([{ ready: true }]);
  await new Promise((resolve) => server.close(resolve));
  await expect.poll(() => told.length, { timeout: 10_000 }).toBe(2);
  expect(told[1]).toMatchObject({ ready: false, message: expect.stringContaining("ECONNREFUSED") });
});

it("tells that one which was ready before it was asked is not", async () => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  probe(typeof address === "object" && address ? address.port : 0, true);
  await expect.poll(() => told, { timeout: 10_000 }).toMatchObject([{ ready: false }]);
});
