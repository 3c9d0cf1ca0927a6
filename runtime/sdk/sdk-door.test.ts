import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DoorFixture, startedSubject, until } from "./door-fixture.ts";
import { OfficialClient } from "./official-client.ts";

let fixture: DoorFixture;
let ports: { grpc: number; http: number };

/** The official client reads its port from the environment when it is made. */
async function connected(port: number): Promise<OfficialClient> {
  vi.stubEnv("AGONES_SDK_GRPC_PORT", String(port));
  const sdk = new OfficialClient();
  vi.unstubAllEnvs();
  await sdk.connect();
  return sdk;
}

beforeEach(async () => {
  fixture = await DoorFixture.open({ callWaitMs: 10_000, healthTickMs: 20 });
  ports = await fixture.add("one");
});
afterEach(() => fixture[Symbol.asyncDispose]());

describe("the official client at the door", () => {
  it.each([
    ["ready", "RequestReady"],
    ["allocate", "Allocated"],
    ["shutdown", "Shutdown"],
  ] as const)("answers %s after the state is kept", async (verb, state) => {
    const sdk = await connected(ports.grpc);
    expect(await sdk[verb]()).toEqual({});
    expect(fixture.state("one")).toBe(state);
    sdk.close();
  });

  it("passes on for how long a game server reserves itself", async () => {
    const sdk = await connected(ports.grpc);
    await sdk.reserve(30);
    expect(fixture.state("one")).toBe("Reserved");
    expect(fixture.link.calls).toMatchObject([{ verb: "reserve", seconds: 30 }]);
    sdk.close();
  });

  it("keeps labels and annotations, and says what is wrong with a key", async () => {
    const sdk = await connected(ports.grpc);
    await sdk.setLabel("mode", "duel");
    await sdk.setAnnotation("note", "a b");
    const { metadata } = fixture.link.get(startedSubject("one")) ?? {};
    expect(metadata?.labels).toMatchObject({ "agones.dev/sdk-mode": "duel" });
    expect(metadata?.annotations).toMatchObject({ "agones.dev/sdk-note": "a b" });
    await expect(sdk.setLabel("bad key", "x")).rejects.toMatchObject({ code: 3 });
    sdk.close();
  });

  it("shows the game server with every field of the wire", async () => {
    fixture.link.put({
      ...(fixture.link.get(startedSubject("one")) ?? expect.fail("put at the start")),
      status: {
        state: "Ready",
        ports: [{ name: "game", port: 7001 }],
        address: "10.0.0.1",
        addresses: [{ type: "InternalIP", address: "10.0.0.1" }],
        nodeName: "a",
        counters: { rooms: { count: 1, capacity: 10 } },
        lists: { players: { capacity: 4, values: ["ann"] } },
      },
    });
    const sdk = await connected(ports.grpc);
    expect(await sdk.getGameServer()).toMatchObject({
      objectMeta: {
        name: "one",
        namespace: "default",
        uid: "uid-of-one",
        resourceVersion: "2",
        generation: 1,
        creationTimestamp: 1_767_323_045,
        labelsMap: [["agones.dev/fleet", "arena"]],
      },
      spec: {
        health: { disabled: false, periodSeconds: 5, failureThreshold: 3, initialDelaySeconds: 5 },
      },
      status: {
        state: "Ready",
        address: "10.0.0.1",
        portsList: [{ name: "game", port: 7001 }],
        countersMap: [["rooms", { count: 1, capacity: 10 }]],
        listsMap: [["players", { capacity: 4, valuesList: ["ann"] }]],
        addressesList: [{ type: "InternalIP", address: "10.0.0.1" }],
      },
    });
    expect(await sdk.beta.getCounterCount("rooms")).toBe(1);
    expect(await sdk.beta.getListValues("players")).toEqual(["ann"]);
    await expect(sdk.beta.getCounterCount("none")).rejects.toMatchObject({
      code: 5,
      details: "counter not found: none",
    });
    await expect(sdk.alpha.getPlayerCount()).rejects.toMatchObject({ code: 12 });
    sdk.close();
  });

  it("shows a watcher the current object at once, then one per change, also after the control plane was away", async () => {
    const sdk = await connected(ports.grpc);
    const states: string[] = [];
    const errors: Error[] = [];
    sdk.watchGameServer(
      (gameServer) => states.push(gameServer.status.state),
      (error) => errors.push(error),
    );
    await until(
      () => states.length,
      (n) => n === 1,
    );
    await sdk.ready();
    fixture.link.away = true;
    await new Promise((resolve) => setTimeout(resolve, 50));
    fixture.link.away = false;
    await sdk.allocate();
    await until(
      () => states.length,
      (n) => n === 3,
    );
    expect(states).toEqual(["Scheduled", "RequestReady", "Allocated"]);
    expect(errors).toEqual([]);
    sdk.close();
  });

  it("keeps a call while the control plane is away and makes it when it is back", async () => {
    const sdk = await connected(ports.grpc);
    fixture.link.away = true;
    const ready = sdk.ready();
    await new Promise((resolve) => setTimeout(resolve, 100));
    fixture.link.away = false;
    expect(await ready).toEqual({});
    expect(fixture.state("one")).toBe("RequestReady");
    sdk.close();
  });

  it("says UNAVAILABLE after the wait, and makes the call all the same", async () => {
    await using impatient = await DoorFixture.open({ callWaitMs: 400 });
    const sdk = await connected((await impatient.add("one")).grpc);
    impatient.link.away = true;
    await expect(sdk.ready()).rejects.toMatchObject({ code: 14 });
    impatient.link.away = false;
    await until(
      () => impatient.state("one"),
      (state) => state === "RequestReady",
    );
    sdk.close();
  });

  it("reports the first ping as healthy, once", async () => {
    const sdk = await connected(ports.grpc);
    for (let ping = 0; ping < 5; ping++) {
      sdk.health();
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    await until(
      () => fixture.link.calls.length,
      (n) => n > 0,
    );
    expect(fixture.link.calls).toMatchObject([{ verb: "health", health: "healthy" }]);
    sdk.close();
  });

  it("tells again that it is healthy when the control plane, which did not hear the machine, calls it unknown", async () => {
    const sdk = await connected(ports.grpc);
    sdk.health();
    const health = (): string | undefined => fixture.link.get(startedSubject("one"))?.status.health;
    await until(health, (known) => known === "healthy");
    const object = fixture.link.get(startedSubject("one"));
    if (!object) throw new Error("it is there no more");
    fixture.link.put({ ...object, status: { ...object.status, health: "unknown" } });
    await until(health, (known) => known === "healthy");
    expect(fixture.link.calls.map((call) => "health" in call && call.health)).toEqual([
      "healthy",
      "healthy",
    ]);
    sdk.close();
  });

  it("does not tell again what its cache does not show yet", async () => {
    const sdk = await connected(ports.grpc);
    fixture.link.isWatchBehind = true;
    sdk.health();
    await until(
      () => fixture.link.calls.length,
      (n) => n > 0,
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(fixture.link.calls).toHaveLength(1);
    sdk.close();
  });

  it("reports a game server that stops pinging as unhealthy, once", async () => {
    const health = {
      disabled: false,
      initialDelaySeconds: 0,
      periodSeconds: 1,
      failureThreshold: 1,
    };
    const { grpc } = await fixture.add("two", { health });
    const sdk = await connected(grpc);
    sdk.health();
    await until(
      () => fixture.state("two"),
      (state) => state === "Unhealthy",
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(fixture.link.calls.map((call) => "health" in call && call.health)).toEqual([
      "healthy",
      "unhealthy",
    ]);
    sdk.close();
  });

  it("keeps streams and calls going when its file is written again", async () => {
    const sdk = await connected(ports.grpc);
    const states: string[] = [];
    sdk.watchGameServer((gameServer) => states.push(gameServer.status.state));
    await fixture.add("one", { startedAt: 7 });
    // When the second one is there, the first one's file has been read again.
    await fixture.add("two", { source: "127.0.0.7" });
    await sdk.ready();
    await until(
      () => states,
      (seen) => seen.includes("RequestReady"),
    );
    expect(fixture.door.portsOf("one")).toEqual([ports.grpc, ports.http]);
    sdk.close();
  });

  it("ends the streams of a game server that is gone without an error", async () => {
    const sdk = await connected(ports.grpc);
    const errors: Error[] = [];
    let seen = 0;
    sdk.watchGameServer(
      () => (seen += 1),
      (error) => errors.push(error),
    );
    sdk.health((error) => errors.push(error));
    await until(
      () => seen,
      (n) => n >= 1,
    );
    await fixture.remove("one");
    await until(
      () => fixture.door.portsOf("one").length,
      (n) => n === 0,
    );
    expect(errors).toEqual([]);
    sdk.close();
  });
});

describe("many game servers behind one address", () => {
  it("tells them apart by where they come from, and refuses a stranger", async () => {
    const listen = { address: "0.0.0.0", grpcPort: 0, httpPort: 0 };
    const a = await fixture.add("a", { listen, source: "127.0.0.1" });
    await fixture.add("b", { listen, source: "127.0.0.9" });
    const sdk = await connected(a.grpc);
    expect((await sdk.getGameServer()).objectMeta.name).toBe("a");
    await fixture.remove("a");
    await until(
      () => fixture.door.portsOf("a").length,
      (n) => n === 0,
    );
    // The connection that it had may be dropped under the first question.
    const refused = { code: 16, details: "no game server of this machine is known at 127.0.0.1" };
    const ask = () => sdk.getGameServer().catch((error: unknown) => error);
    await expect.poll(ask, { timeout: 10_000 }).toMatchObject(refused);
    sdk.close();
  });
});
