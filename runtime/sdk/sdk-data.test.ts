import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { GameServer } from "../../core/model/game-server.ts";
import { DoorFixture, startedSubject } from "./door-fixture.ts";
import { startedGameServer } from "./memory-link.ts";
import { OfficialClient } from "./official-client.ts";

let fixture: DoorFixture;
let url: string;
let sdk: OfficialClient;

beforeEach(async () => {
  fixture = await DoorFixture.open({ callWaitMs: 10_000 });
  const { grpc, http } = await fixture.add("one");
  fixture.link.put(
    startedGameServer("one", {
      counters: { rooms: { count: 1, capacity: 10 } },
      lists: { players: { capacity: 100, values: ["test0", "test1", "test2"] } },
    }),
  );
  url = `http://127.0.0.1:${http}/v1beta1`;
  vi.stubEnv("AGONES_SDK_GRPC_PORT", String(grpc));
  sdk = new OfficialClient();
  vi.unstubAllEnvs();
  await sdk.connect();
});
afterEach(async () => {
  sdk.close();
  await fixture[Symbol.asyncDispose]();
});

const status = (): GameServer["status"] | undefined =>
  fixture.link.get(startedSubject("one"))?.status;

async function ask(method: string, path: string, body?: string): Promise<[number, unknown]> {
  const response = await fetch(url + path, body === undefined ? { method } : { method, body });
  return [response.status, await response.json()];
}

describe("the official client's Counters", () => {
  it("counts, sets and reads what is kept", async () => {
    const { beta } = sdk;
    await beta.decrementCounter("rooms", 1);
    expect(status()?.counters?.rooms).toEqual({ count: 0, capacity: 10 });
    await beta.setCounterCapacity("rooms", 42);
    await beta.setCounterCount("rooms", 40);
    await beta.incrementCounter("rooms", 2);
    expect([await beta.getCounterCount("rooms"), await beta.getCounterCapacity("rooms")]).toEqual([
      42, 42,
    ]);
    expect(status()?.counters?.rooms).toEqual({ count: 42, capacity: 42 });
  });

  it("loses no difference of a hundred that come at once", async () => {
    await sdk.beta.setCounterCapacity("rooms", 1000);
    // A game server has at most 64 calls under way.
    const calls = (n: number): Promise<unknown> =>
      Promise.all(Array.from({ length: n }, () => sdk.beta.incrementCounter("rooms", 2)));
    await calls(50);
    await calls(50);
    expect(status()?.counters?.rooms?.count).toBe(201);
  });

  it.each([
    ["a count below 0", "decrementCounter", 2, 11, "Found Count: -1, Capacity: 10"],
    ["a count over the capacity", "setCounterCount", 11, 11, "Found Count: 11, Capacity: 10"],
    ["a negative capacity", "setCounterCapacity", -1, 11, "Found Capacity: -1"],
    ["nothing to do", "incrementCounter", 0, 3, "Malformed CounterUpdateRequest"],
  ] as const)("are refused %s, with a code that says so", async (_, call, amount, code, words) => {
    await expect(sdk.beta[call]("rooms", amount)).rejects.toMatchObject({
      code,
      details: expect.stringContaining(words),
    });
    expect(status()?.counters?.rooms).toEqual({ count: 1, capacity: 10 });
  });

  it("are NOT_FOUND when the spec has none of that name", async () => {
    const refused = { code: 5, details: "counter not found: none" };
    await expect(sdk.beta.incrementCounter("none", 1)).rejects.toMatchObject(refused);
    await expect(sdk.beta.getCounterCount("none")).rejects.toMatchObject(refused);
  });
});

describe("the official client's Lists", () => {
  it("adds, removes, looks and sets the capacity", async () => {
    const { beta } = sdk;
    await beta.appendListValue("players", "test3");
    await beta.deleteListValue("players", "test0");
    expect(await beta.getListValues("players")).toEqual(["test1", "test2", "test3"]);
    expect(await beta.listContains("players", "test0")).toBe(false);
    await beta.setListCapacity("players", 2);
    expect([await beta.getListCapacity("players"), await beta.getListLength("players")]).toEqual([
      2, 2,
    ]);
    expect(status()?.lists?.players).toEqual({ capacity: 2, values: ["test1", "test2"] });
  });

  it("refuses what does not fit, with a code that says so", async () => {
    const { beta } = sdk;
    await expect(beta.appendListValue("players", "test1")).rejects.toMatchObject({
      code: 6,
      details: "already exists. Value: test1 already in List: players",
    });
    await expect(beta.deleteListValue("players", "x")).rejects.toMatchObject({ code: 5 });
    await expect(beta.setListCapacity("players", 1001)).rejects.toMatchObject({ code: 11 });
    await expect(beta.setListCapacity("players", 0)).rejects.toMatchObject({ code: 3 });
    await beta.setListCapacity("players", 3);
    await expect(beta.appendListValue("players", "test3")).rejects.toMatchObject({ code: 11 });
    await expect(beta.getListValues("none")).rejects.toMatchObject({ code: 5 });
    expect(status()?.lists?.players?.values).toHaveLength(3);
  });
});

describe("Counters and Lists over REST", () => {
  it("go through Agones' own conformance steps", async () => {
    expect(await ask("GET", "/counters/rooms")).toEqual([
      200,
      { name: "rooms", count: "1", capacity: "10" },
    ]);
    const update = (body: object): Promise<[number, unknown]> =>
      ask("PATCH", "/counters/rooms", JSON.stringify(body));
    expect(await update({ countDiff: "-1", capacity: "42" })).toEqual([
      200,
      { name: "rooms", count: "0", capacity: "42" },
    ]);
    expect(await update({ count: 40 })).toMatchObject([200, { count: "40", capacity: "42" }]);
    const body = JSON.stringify({ capacity: "10", values: ["test123", "test456"] });
    expect(await ask("PATCH", "/lists/players", body)).toEqual([
      200,
      { name: "players", capacity: "10", values: ["test123", "test456"] },
    ]);
    await ask("POST", "/lists/players:addValue", '{"value":"test789"}');
    await ask("POST", "/lists/players:removeValue", '{"value":"test456"}');
    expect(await ask("GET", "/lists/players")).toEqual([
      200,
      { name: "players", capacity: "10", values: ["test123", "test789"] },
    ]);
  });

  it("show the same in the game server, numbers as strings", async () => {
    await ask("PATCH", "/counters/rooms", '{"count":"7"}');
    const response = await fetch(url.replace("v1beta1", "gameserver"));
    expect(await response.json()).toMatchObject({
      status: {
        counters: { rooms: { count: "7", capacity: "10" } },
        lists: { players: { capacity: "100", values: ["test0", "test1", "test2"] } },
      },
    });
  });

  // biome-ignore format: a table is read by its rows
  it.each<[string, string, string, object]>([
    ["only what the body names", "", '{"capacity":5}', { capacity: 5, values: ["test0", "test1", "test2"] }],
    ["values of an empty list", "", '{"values":[]}', { capacity: 100, values: [] }],
    ["only what update_mask names", "?update_mask=values", '{"capacity":5,"values":["x"]}', { capacity: 100, values: ["x"] }],
    ["what the mask names and the body leaves out as empty", "?updateMask=values,capacity", '{"capacity":"2"}', { capacity: 2, values: [] }],
    ["the name of the path, not of the body", "", '{"name":"other","capacity":5}', { capacity: 5, values: ["test0", "test1", "test2"] }],
  ])("change %s", async (_, query, body, expected) => {
    expect((await ask("PATCH", `/lists/players${query}`, body))[0]).toBe(200);
    expect(status()?.lists?.players).toEqual(expected);
  });

  // biome-ignore format: a table is read by its rows
  it.each<[string, string, string, string, number, number]>([
    ["an unknown counter", "PATCH", "/counters/none", '{"count":1}', 404, 5],
    ["a count out of range", "PATCH", "/counters/rooms", '{"count":11}', 400, 11],
    ["half a room", "PATCH", "/counters/rooms", '{"count":0.5}', 400, 3],
    ["a number that no double holds", "PATCH", "/counters/rooms", '{"capacity":"9223372036854775807"}', 400, 3],
    ["a field that lists have not", "PATCH", "/lists/players?update_mask=size", '{"capacity":5}', 400, 3],
    ["values that are no texts", "PATCH", "/lists/players", '{"values":[1]}', 400, 3],
    ["a value that is there", "POST", "/lists/players:addValue", '{"value":"test0"}', 409, 6],
    ["a value that is not there", "POST", "/lists/players:removeValue", '{"value":"x"}', 404, 5],
  ])("refuse %s", async (_, method, path, body, http, code) => {
    const [found, answer] = await ask(method, path, body);
    expect([found, answer]).toEqual([http, { code, message: expect.any(String), details: [] }]);
    expect(status()?.counters?.rooms).toEqual({ count: 1, capacity: 10 });
    expect(status()?.lists?.players?.values).toHaveLength(3);
  });
});

describe("while the control plane is away, or its answer gets lost", () => {
  it("does a call once, although it was asked twice", async () => {
    fixture.link.losesAnswers = 1;
    await sdk.beta.incrementCounter("rooms", 1);
    expect(fixture.link.calls).toHaveLength(2);
    expect(status()?.counters?.rooms?.count).toBe(2);
  });

  it("shows the game its own write before the watch has brought it", async () => {
    fixture.link.isWatchBehind = true;
    await sdk.beta.incrementCounter("rooms", 3);
    await sdk.beta.appendListValue("players", "test3");
    expect(await sdk.beta.getCounterCount("rooms")).toBe(4);
    expect(await sdk.beta.listContains("players", "test3")).toBe(true);
    fixture.link.isWatchBehind = false;
    expect(await sdk.beta.getCounterCount("rooms")).toBe(4);
  });
});
