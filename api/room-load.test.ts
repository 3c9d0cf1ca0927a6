import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { seededRandom } from "../core/std/random.ts";
import { type ApiHarness, openApi } from "./api.fixture.ts";
import { fleetOf, inParallel, ManyRequests, roomSpec } from "./rooms.fixture.ts";

const CLIENTS = 50;
let api: ApiHarness;
let many: ManyRequests;
beforeEach(async () => {
  api = await openApi();
  many = new ManyRequests(api, CLIENTS);
});
afterEach(async () => {
  many[Symbol.dispose]();
  await api[Symbol.asyncDispose]();
});

/** Open servers of a fleet, with the rooms that the store has on each. */
function openServers(fleet: string): { readonly name: string; readonly rooms: number }[] {
  const counts = new Map<string, number>();
  for (const { status } of api.store.list("Room"))
    counts.set(status.gameServer, (counts.get(status.gameServer) ?? 0) + 1);
  return api.store
    .list("GameServer")
    .filter(({ metadata: { labels } }) => labels?.["agones.dev/fleet"] === fleet)
    .flatMap(({ metadata, status }) => {
      const rooms = counts.get(metadata.name) ?? 0;
      expect([metadata.name, status.rooms ?? 0, status.counters?.rooms?.count]).toEqual([
        metadata.name,
        rooms,
        rooms,
      ]);
      expect(status.state).toBe(rooms > 0 ? "Allocated" : "Ready");
      return rooms > 0 ? [{ name: metadata.name, rooms }] : [];
    });
}

describe("rooms that many ask for at once", () => {
  it("fill every server before the next: 10,000 by 50 clients on ceil(rooms / C) servers", async () => {
    const fleets = [
      { name: "single", C: 1, rooms: 300 },
      { name: "small", C: 7, rooms: 3_700 },
      { name: "large", C: 64, rooms: 6_000 },
    ];
    for (const { name, C, rooms } of fleets)
      await fleetOf(api, name, Math.ceil(rooms / C) + 5, roomSpec(C));
    const orders = fleets.flatMap(({ name, rooms }) => Array.from({ length: rooms }, () => name));
    const shuffled = seededRandom(7).shuffle(orders);
    const ids = new Set<string>();
    const statuses = new Set<number>();
    await inParallel(shuffled.length, CLIENTS, async (i) => {
      const body = { fleet: shuffled[i], find: false, attributes: { map: `m${i % 5}` } };
      const made = await many.send("POST", "/v1/rooms", body);
      statuses.add(made.status);
      ids.add(made.body.room.id);
    });
    expect([...statuses]).toEqual([201]);
    expect([ids.size, api.store.count("Room")]).toEqual([10_000, 10_000]);
    for (const { name, C, rooms } of fleets) {
      const open = openServers(name);
      expect([name, open.length]).toEqual([name, Math.ceil(rooms / C)]);
      expect(open.filter((one) => one.rooms < C).length).toBeLessThanOrEqual(1);
    }
  }, 60_000);

  it("go where others have left before a server is opened, whoever has left", async () => {
    const C = 8;
    await fleetOf(api, "arena", 60, roomSpec(C));
    const random = seededRandom(11);
    const make = async (count: number): Promise<void> =>
      inParallel(count, CLIENTS, async () => {
        const made = await many.send("POST", "/v1/rooms", { fleet: "arena", find: false });
        expect(made.status).toBe(201);
      });
    await make(40 * C - 3);
    for (let round = 0; round < 3; round++) {
      const rooms = random.shuffle(api.store.list("Room")).slice(0, 150);
      await inParallel(rooms.length, CLIENTS, async (i) => {
        const { name } = rooms[i]?.metadata ?? {};
        expect((await many.send("DELETE", `/v1/rooms/${name}`)).status).toBe(200);
      });
      const open = openServers("arena");
      const left = open.reduce((sum, one) => sum + C - one.rooms, 0);
      await make(left);
      expect(openServers("arena")).toEqual(open.map(({ name }) => ({ name, rooms: C })));
      await make(1);
      expect(openServers("arena").length).toBe(open.length + 1);
    }
  }, 60_000);

  it("are found by as many players as they have seats, each seat once", async () => {
    await fleetOf(api, "arena", 20, roomSpec(10));
    const seats = new Set<string>();
    await inParallel(1_600, CLIENTS, async (i) => {
      const body = { fleet: "arena", capacity: 8, seat: { player: `p${i}`, seconds: 600 } };
      const { status, body: got } = await many.send("POST", "/v1/rooms", body);
      expect([200, 201]).toContain(status);
      seats.add(`${got.room.id}/${got.seat.id}`);
    });
    expect([seats.size, api.store.count("Room"), openServers("arena").length]).toEqual([
      1_600, 200, 20,
    ]);
    const players = api.store.list("Room").flatMap(({ status }) => Object.values(status.seats));
    expect(new Set(players.map(({ player }) => player)).size).toBe(1_600);
  }, 60_000);
});
