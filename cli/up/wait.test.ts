import { expect, it } from "vitest";
import { FakeClock } from "../../core/std/fake-clock.ts";
import type { ApiClient } from "../api-client.ts";
import { waitForService } from "./wait.ts";

const NODE = "home";
const REPLICA = { status: { ready: true, nodeName: NODE, container: { pid: process.pid } } };
const WHICH = { name: "room", namespace: "default", node: NODE };

/** An API that has this service, with two replicas that are there. */
function apiWith(status: object): ApiClient {
  const service = { spec: { replicas: 2 }, status };
  const known = { get: async () => service, list: async () => ({ items: [REPLICA, REPLICA] }) };
  return known as unknown as ApiClient;
}
const waited = (status: object): ReturnType<typeof waitForService> => {
  const patience = { clock: new FakeClock(0), pauseMs: 1, patienceMs: 10 };
  return waitForService(apiWith(status), WHICH, patience, new AbortController().signal);
};

it("calls a service ready when its replicas are", async () => {
  const sentence = "service room: 2 of 2 replicas are ready";
  expect(await waited({ readyReplicas: 2, updatedReplicas: 2 })).toEqual({
    isReady: true,
    sentence,
  });
});

it("does not call a service ready that nobody reaches, and says who has its port", async () => {
  const message = "host port 8760 is taken by service default/meet";
  expect(await waited({ readyReplicas: 2, updatedReplicas: 2, message })).toEqual({
    isReady: false,
    sentence: `service room: 2 of 2 replicas are ready, but ${message}`,
  });
});
