import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiHarness, openApi } from "./api.fixture.ts";
import { fleetOf, roomSpec } from "./rooms.fixture.ts";

const ALLOCATIONS = "/apis/allocation.agones.dev/v1/namespaces/default/gameserverallocations";
let api: ApiHarness;
beforeAll(async () => {
  api = await openApi();
  await fleetOf(api, "arena", 1, roomSpec(1, 1));
  await fleetOf(api, "other", 0, roomSpec(1, 1));
});
afterAll(() => api[Symbol.asyncDispose]());

async function ask(method: string, path: string, body?: object) {
  const rest = body === undefined ? {} : { body };
  return await api.ask(path, { method, token: api.tokens.allocate, ...rest });
}
const shown = async (query: string) => (await ask("GET", `/v1/waiting${query}`)).body;
const allocate = (labels: object | undefined) =>
  ask("POST", ALLOCATIONS, {
    spec: { selectors: labels ? [{ matchLabels: labels }] : [], waitUpTo: "30s" },
  });

describe("the line over HTTP", () => {
  it("shows who waits for a server, a room and a seat, of a fleet or of any", async () => {
    const seat = { player: "ann" };
    const made = await ask("POST", "/v1/rooms", { fleet: "arena", seat });
    const { room } = made.body as { room: { id: string } };
    expect(await shown("")).toEqual({ waiting: [] });
    const waits = [
      allocate({ "agones.dev/fleet": "arena" }),
      allocate({ "agones.dev/fleet": "arena" }),
      allocate({ "agones.dev/fleet": "other" }),
      allocate(undefined),
      ask("POST", "/v1/rooms", { fleet: "arena", find: false, waitUpTo: "30s" }),
      ask("POST", `/v1/rooms/${room.id}/seats`, { player: "ben", waitUpTo: "30s" }),
    ];
    while (api.line.size < waits.length) await sleep(5);
    const { waiting } = (await shown("?fleet=arena")) as unknown as {
      waiting: readonly { what: string; fleets: string[]; requests: number }[];
    };
    const told = waiting.map(({ what, fleets, requests }) => `${what} ${fleets} ${requests}`);
    expect(told.sort()).toEqual([
      "gameserver  1",
      "gameserver arena 2",
      "room arena 1",
      "seat arena 1",
    ]);
    expect(await shown("?namespace=elsewhere")).toEqual({ waiting: [] });
    api.line[Symbol.dispose]();
    await Promise.all(waits);
    expect(await shown("")).toEqual({ waiting: [] });
  });

  it("needs a token that may allocate", async () => {
    const { status } = await api.ask("/v1/waiting", { method: "GET", token: api.tokens.agent });
    expect(status).toBe(403);
  });
});
