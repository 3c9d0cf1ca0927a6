import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Fleet } from "../../core/model/fleet.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import { pathOf } from "../api-client.ts";
import { TestInstance } from "../testing/test-instance.ts";
import { LineProcess } from "./line-process.ts";
import { listed, seen, until } from "./look-inside.ts";
import { portOf, stateOf, tellUdp } from "./simple-game.ts";

const PLAYER = join(import.meta.dirname, "../../game-services/play/one-player.ts");
const FLEET = {
  apiVersion: "agones.dev/v1",
  kind: "Fleet",
  metadata: { name: "data" },
  spec: {
    replicas: 2,
    template: {
      spec: {
        ports: [{ name: "game", containerPort: 7654 }],
        counters: { games: { count: 2, capacity: 10 } },
        lists: { players: { capacity: 3, values: ["ann"] } },
        template: {
          spec: {
            containers: [
              {
                name: "simple",
                image: "simple",
                resources: { requests: { cpu: "20m", memory: "32Mi" } },
              },
            ],
          },
        },
      },
    },
  },
};

let instance: TestInstance;
let name: string;
let port: number;
beforeAll(async () => {
  instance = await TestInstance.start({
    images: ["examples/simple/image.yaml", "examples/demo/image.yaml"],
    flags: ["--port-range", "17740-17760"],
  });
  const { status, body } = await instance.request(
    "POST",
    pathOf({ kind: "Fleet", namespace: "default" }),
    FLEET,
  );
  if (status !== 201) throw new Error(JSON.stringify(body));
  await untilFleet("data", ({ readyReplicas }) => readyReplicas === 2);
  name = (await listed(instance, "GameServer"))[0]?.metadata.name ?? "";
  port = portOf(await seen(instance, "GameServer", name));
});
afterAll(() => instance?.[Symbol.asyncDispose]());

async function fleet(which: string): Promise<Fleet["status"]> {
  const path = pathOf({ kind: "Fleet", namespace: "default", name: which });
  return ((await instance.request("GET", path)).body as Fleet).status;
}
async function untilFleet(
  which: string,
  isSo: (status: Fleet["status"]) => boolean,
): Promise<Fleet["status"]> {
  for (;;) {
    const status = await fleet(which);
    if (isSo(status)) return status;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
/** Asked once, without waiting: what the SDK has answered must be there. */
async function now(): Promise<GameServer> {
  return (await seen(instance, "GameServer", name)) as unknown as GameServer;
}
const tell = (command: string): Promise<string> => tellUdp(port, command);

describe("what a game keeps through the SDK is there for everybody when it is answered", () => {
  it("sets a label under Agones' prefix", async () => {
    expect(await tell("LABEL session-started 1728000000")).toBe("ACK: LABEL");
    expect((await now()).metadata.labels).toMatchObject({
      "agones.dev/sdk-session-started": "1728000000",
    });
  });

  it("sets an annotation under Agones' prefix", async () => {
    expect(await tell("ANNOTATION map some/value:7")).toBe("ACK: ANNOTATION");
    expect((await now()).metadata.annotations).toMatchObject({
      "agones.dev/sdk-map": "some/value:7",
    });
  });

  it("counts in a Counter, and refuses with Agones' words", async () => {
    const games = async () => (await now()).status.counters?.games;
    expect(await tell("GET_COUNTER_COUNT games")).toBe("ACK: 2");
    // Absolute ones first: over UDP a command may be said twice.
    expect(await tell("SET_COUNTER_COUNT games 9")).toBe("ACK: SET_COUNTER_COUNT");
    expect(await games()).toEqual({ count: 9, capacity: 10 });
    expect(await tell("SET_COUNTER_CAPACITY games 42")).toBe("ACK: SET_COUNTER_CAPACITY");
    expect(await games()).toEqual({ count: 9, capacity: 42 });
    expect(await tell("DECREMENT_COUNTER games 50")).toBe(
      "NO: 11 OUT_OF_RANGE: out of range. Count must be within range [0,Capacity]. Found Count: -41, Capacity: 42",
    );
    expect(await tell("SET_COUNTER_COUNT none 1")).toBe("NO: 5 NOT_FOUND: counter not found: none");
    expect(await tell("GET_COUNTER_CAPACITY games")).toBe("ACK: 42");
    expect(await games()).toEqual({ count: 9, capacity: 42 });
  });

  it("keeps a List, and refuses with Agones' words", async () => {
    const players = async () => (await now()).status.lists?.players;
    expect(await tell("LIST_CONTAINS players ann")).toBe("ACK: true");
    expect(await tell("APPEND_LIST_VALUE players ann")).toBe(
      "NO: 6 ALREADY_EXISTS: already exists. Value: ann already in List: players",
    );
    expect(await tell("SET_LIST_CAPACITY players 1")).toBe("ACK: SET_LIST_CAPACITY");
    expect(await players()).toEqual({ capacity: 1, values: ["ann"] });
    expect(await tell("APPEND_LIST_VALUE players ben")).toBe(
      "NO: 11 OUT_OF_RANGE: out of range. No available capacity. Current Capacity: 1, List Size: 1",
    );
    expect(await tell("DELETE_LIST_VALUE players eve")).toBe(
      "NO: 5 NOT_FOUND: not found. Value: eve not found in List: players",
    );
    expect(await tell("SET_LIST_CAPACITY players 8")).toBe("ACK: SET_LIST_CAPACITY");
    expect(await tell("GET_LIST_VALUES players")).toBe("ACK: ann");
    expect(await players()).toEqual({ capacity: 8, values: ["ann"] });
  });

  it("sums Counters and Lists up in the fleet's status, those of Allocated servers apart", async () => {
    await tell("ALLOCATE");
    await stateOf(instance, name, "Allocated");
    const status = await untilFleet("data", ({ allocatedReplicas }) => allocatedReplicas === 1);
    expect(status.counters).toEqual({
      games: { allocatedCount: 9, allocatedCapacity: 42, count: 11, capacity: 52 },
    });
    expect(status.lists).toEqual({
      players: { allocatedCount: 1, allocatedCapacity: 8, count: 2, capacity: 11 },
    });
    const shown = await instance.mustCli("describe", "fleet", "data");
    expect(shown).toContain("games:11/52");
    expect(await instance.mustCli("get", "fleets", "-o", "wide")).toContain("players:2/11");
  });

  it("survives kill -9 of the control plane, and goes on after it", async () => {
    expect(instance.kill("server")).toBe(true);
    expect(await tell("SET_COUNTER_COUNT games 5")).toBe("ACK: SET_COUNTER_COUNT");
    const { counters, lists } = (await now()).status;
    expect(counters?.games).toEqual({ count: 5, capacity: 42 });
    expect(lists?.players).toEqual({ capacity: 8, values: ["ann"] });
    await untilFleet("data", (status) => status.counters?.games?.count === 7);
  });
});

describe("the arena", () => {
  it("tells who plays in how many rooms, and that they have left", async () => {
    await instance.mustCli("apply", "-f", "examples/demo/fleet.yaml");
    await instance.mustCli("scale", "fleet/arena", "--replicas", "1");
    const arena = await onlyArena();
    const portNamed = (wanted: string): string =>
      String(arena.status.ports.find((one) => one.name === wanted)?.port ?? "");
    const words = [arena.status.address, portNamed("game"), portNamed("udp"), "red", "0"];
    const player = await LineProcess.start([process.execPath, PLAYER, ...words]);
    const isFull = await arenaUntil(arena, 1);
    expect(isFull.counters?.rooms).toEqual({ count: 1, capacity: 10 });
    await player.end();
    const isEmpty = await arenaUntil(arena, 0);
    expect(isEmpty.lists?.players?.capacity).toBe(320);
  });
});

/** Waits until one is Ready and no other is left: the first Ready one of three may be one of those that go. */
async function onlyArena(): Promise<GameServer> {
  for (;;) {
    const all = (await listed(instance, "GameServer")) as unknown as readonly GameServer[];
    const ours = all.filter(({ metadata }) => metadata.labels?.["agones.dev/fleet"] === "arena");
    const [first] = ours;
    if (first && ours.length === 1 && first.status.state === "Ready") return first;
    await sleep(100);
  }
}

/** Waits until so many players and as many rooms are told. */
async function arenaUntil({ metadata }: GameServer, count: number): Promise<GameServer["status"]> {
  const found = await until(instance, ["GameServer", metadata.name], ({ status }) => {
    const { counters, lists } = status as unknown as GameServer["status"];
    return lists?.players?.values.length === count && counters?.rooms?.count === count;
  });
  return found.status as unknown as GameServer["status"];
}
