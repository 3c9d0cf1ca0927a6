import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Event } from "../../core/model/event.ts";
import { pathOf } from "../api-client.ts";
import { TestInstance } from "../testing/test-instance.ts";
import { initOf, listed, seen, until } from "./look-inside.ts";
import {
  createSimple,
  goneOf,
  portOf,
  readySimple,
  stateOf,
  tellSimple,
  tellTcp,
  tellUdp,
} from "./simple-game.ts";

/** Fails six seconds after the last ping, and without any eight after the start: a busy machine makes a game late with both. */
const STRICT = { initialDelaySeconds: 2, periodSeconds: 1, failureThreshold: 5 };
const LONGER_THAN_STRICT_MS = 9_000;
const SOON = { timeout: 30_000, interval: 100 };
const port = (fields: object): object => ({ name: "game", containerPort: 7654, ...fields });

let instance: TestInstance;
beforeAll(async () => {
  instance = await TestInstance.start({
    images: ["examples/simple/image.yaml"],
    flags: ["--port-range", "17200-17230"],
  });
});
afterAll(() => instance?.[Symbol.asyncDispose]());

const patch = (name: string, body: object) =>
  instance.request("PATCH", pathOf({ kind: "GameServer", namespace: "default", name }), body, {
    "content-type": "application/merge-patch+json",
  });
const remove = (name: string) =>
  instance.request("DELETE", pathOf({ kind: "GameServer", namespace: "default", name }));
/** What the control plane recorded of a game server, by its own clock and by reason. */
async function eventsOf(name: string): Promise<Readonly<Record<string, Told>>> {
  const all = (await listed(instance, "Event")) as unknown as readonly Told[];
  const its = all.filter(({ involvedObject }) => involvedObject.name === name);
  return Object.fromEntries(its.map((event) => [event.reason, event]));
}
type Told = Pick<Event, "reason" | "message" | "involvedObject" | "firstTimestamp">;

describe("the life of one game server, as Agones' own tests walk through it", () => {
  it("is Ready, and answers on its port", async () => {
    const server = await readySimple(instance, { name: "echo" });
    expect(portOf(server)).toBeGreaterThanOrEqual(17_200);
    expect(await tellUdp(portOf(server), "hello")).toBe("ACK: hello");
    expect(await tellUdp(portOf(server), "GAMESERVER")).toBe("ACK: echo");
  });

  it("has its own name as host name", async () => {
    await readySimple(instance, { name: "named" });
    const argv = ["node", "-p", "require('node:os').hostname()"];
    expect((await instance.mustCli("exec", "gs/named", "--", ...argv)).trim()).toBe("named");
  });

  it("is Ready without any port", async () => {
    const server = await readySimple(instance, { name: "no-port", ports: [] });
    expect(server.status.ports ?? []).toEqual([]);
  });

  it("allocates itself, with the time of it", async () => {
    await readySimple(instance, { name: "self" });
    await tellSimple(instance, "self", "ALLOCATE");
    const server = await stateOf(instance, "self", "Allocated");
    const { annotations } = server.metadata as { annotations?: Record<string, string> };
    expect(Date.parse(annotations?.["agones.dev/last-allocated"] ?? "")).toBeGreaterThan(0);
  });

  it("goes from Ready to Allocated and back to Ready", async () => {
    const found = portOf(await readySimple(instance, { name: "again" }));
    expect(await tellUdp(found, "ALLOCATE")).toBe("ACK: ALLOCATE");
    await stateOf(instance, "again", "Allocated");
    expect(await tellUdp(found, "READY")).toBe("ACK: READY");
    await stateOf(instance, "again", "Ready");
    // The game hears of it by way of its node and the SDK door.
    await expect.poll(() => tellUdp(found, "STATE"), SOON).toBe("ACK: Ready");
  });

  it("reserves itself for a time, and is Ready after it", async () => {
    await readySimple(instance, { name: "reserved" });
    await tellSimple(instance, "reserved", "RESERVE 5");
    const { status } = await stateOf(instance, "reserved", "Reserved");
    const deadline = (status as { reservedUntil?: string }).reservedUntil ?? "";
    await stateOf(instance, "reserved", "Ready");
    await expect.poll(() => eventsOf("reserved"), SOON).toHaveProperty("ReservationEnded");
    const events = await eventsOf("reserved");
    expect(events.Reserved?.message).toBe("the game reserved itself for 5 s");
    const endedAt = Date.parse(events.ReservationEnded?.firstTimestamp ?? "");
    expect(endedAt).toBeGreaterThanOrEqual(Date.parse(deadline));
  });

  it("shuts itself down, and is gone", async () => {
    await readySimple(instance, { name: "over" });
    await tellSimple(instance, "over", "SHUTDOWN");
    await goneOf(instance, "over");
  });

  it("may be slow to become Ready, as long as it pings", async () => {
    const env = { READY_AFTER_MS: String(LONGER_THAN_STRICT_MS) };
    await createSimple(instance, { name: "slow", health: STRICT, env });
    await until(instance, ["GameServer", "slow"], ({ status: { state = "" } }) => {
      expect(["Unhealthy", "Error", "Shutdown"]).not.toContain(state);
      return state === "Ready";
    });
  });

  it("takes a patch of its metadata, and stays what it is", async () => {
    await readySimple(instance, { name: "patched" });
    expect((await patch("patched", { metadata: { labels: { mode: "duel" } } })).status).toBe(200);
    const { metadata, status } = await seen(instance, "GameServer", "patched");
    expect([metadata.labels?.mode, status.state]).toEqual(["duel", "Ready"]);
  });

  it("of a developer is an address outside, without a container, until it is deleted", async () => {
    const annotations = { "agones.dev/dev-address": "127.0.0.9" };
    const ports = [port({ portPolicy: "Static", hostPort: 7777 })];
    const { status } = await readySimple(instance, { name: "dev", annotations, ports });
    expect(status).toMatchObject({ address: "127.0.0.9", ports: [{ name: "game", port: 7777 }] });
    expect(status.container).toBeUndefined();
    await remove("dev");
    await goneOf(instance, "dev");
  });
});

describe("the ports of a game server", () => {
  it("lead TCP to it", async () => {
    const ports = [port({ protocol: "TCP" })];
    const server = await readySimple(instance, { name: "tcp", ports });
    expect(await tellTcp(portOf(server), "hello")).toBe("ACK: hello");
  });

  it("lead TCP and UDP to it on one number", async () => {
    const ports = [port({ protocol: "TCPUDP" })];
    const server = await readySimple(instance, { name: "both", ports });
    const number = portOf(server, "game-tcp");
    expect(portOf(server, "game-udp")).toBe(number);
    expect(await tellTcp(number, "one")).toBe("ACK: one");
    expect(await tellUdp(number, "two")).toBe("ACK: two");
  });

  it("are the host's own numbers with Passthrough, which only the SDK tells", async () => {
    const ports = [{ name: "game", portPolicy: "Passthrough" }];
    const env = { PASSTHROUGH: "yes" };
    const server = await readySimple(instance, { name: "through", ports, env });
    expect(portOf(server)).toBeGreaterThanOrEqual(17_200);
    expect(await tellUdp(portOf(server), "hello")).toBe("ACK: hello");
  });

  it("stay inside with the policy None", async () => {
    const ports = [port({ portPolicy: "None" })];
    expect(portOf(await readySimple(instance, { name: "inner", ports }))).toBe(7654);
  });

  it("are what a Static one says, for UDP", async () => {
    const ports = [port({ portPolicy: "Static", protocol: "UDP", hostPort: 17_301 })];
    expect(portOf(await readySimple(instance, { name: "static-udp", ports }))).toBe(17_301);
    expect(await tellUdp(17_301, "hello")).toBe("ACK: hello");
  });

  it("are what a Static one says, for TCP", async () => {
    const ports = [port({ portPolicy: "Static", protocol: "TCP", hostPort: 17_302 })];
    await readySimple(instance, { name: "static-tcp", ports });
    expect(await tellTcp(17_302, "hello")).toBe("ACK: hello");
  });

  it("are what a Static one says, for both", async () => {
    const ports = [port({ portPolicy: "Static", protocol: "TCPUDP", hostPort: 17_303 })];
    await readySimple(instance, { name: "static-both", ports });
    expect(await tellTcp(17_303, "one")).toBe("ACK: one");
    expect(await tellUdp(17_303, "two")).toBe("ACK: two");
  });
});

describe("a game server that fails or ends", () => {
  it("is Unhealthy when its pings stop", async () => {
    await readySimple(instance, { name: "silent", health: STRICT });
    await tellSimple(instance, "silent", "UNHEALTHY");
    expect((await stateOf(instance, "silent", "Unhealthy")).status.reason).toBe("HealthFailed");
  });

  it("need not ping when health is disabled", async () => {
    await readySimple(instance, { name: "free", health: { ...STRICT, disabled: true } });
    await tellSimple(instance, "free", "UNHEALTHY");
    await sleep(LONGER_THAN_STRICT_MS);
    expect((await seen(instance, "GameServer", "free")).status.state).toBe("Ready");
  });

  it("is Unhealthy after a crash", async () => {
    await readySimple(instance, { name: "crash" });
    await tellSimple(instance, "crash", "EXIT 3");
    const { status } = await stateOf(instance, "crash", "Unhealthy");
    expect(status.container?.exitCode).toBe(3);
  });

  it("is Unhealthy after a crash before it was Ready", async () => {
    await createSimple(instance, { name: "early", env: { AUTO_READY: "no" } });
    const server = await stateOf(instance, "early", "Scheduled");
    await tellUdp(portOf(server), "hello");
    await tellSimple(instance, "early", "EXIT 3");
    await stateOf(instance, "early", "Unhealthy");
  });

  it("is Unhealthy when its container is killed from outside", async () => {
    await readySimple(instance, { name: "killed" });
    process.kill(await initOf(instance, "GameServer", "killed"), "SIGKILL");
    await stateOf(instance, "killed", "Unhealthy");
  });

  it("is Shutdown and gone after a clean exit", async () => {
    await readySimple(instance, { name: "clean" });
    await tellSimple(instance, "clean", "EXIT 0");
    await goneOf(instance, "clean");
  });

  it("has its grace to end in, and speaks to its SDK server meanwhile", async () => {
    const env = { LINGER_MS: "80000" };
    const number = portOf(await readySimple(instance, { name: "graceful", env, graceSeconds: 90 }));
    await remove("graceful");
    const log = async () => (await instance.cli("logs", "gs/graceful")).out;
    await expect.poll(log, SOON).toContain("asked to end");
    expect(await tellUdp(number, "GAMESERVER")).toBe("ACK: graceful");
    expect(
      (await seen(instance, "GameServer", "graceful")).status.container?.exitCode,
    ).toBeUndefined();
    // It has ended what it was busy with.
    await tellSimple(instance, "graceful", "EXIT 0");
    await goneOf(instance, "graceful");
  });
});
