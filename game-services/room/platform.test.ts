import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, expect, it } from "vitest";
import { freePort } from "../../core/std/free-port.ts";
import { FakeAgents } from "../../loadtest/bench/fake-agents.ts";
import { FlotillaServer } from "../../loadtest/bench/flotilla-server.ts";
import { makeMap, TestRoom, told } from "./room.fixture.ts";

/*
 * The service on a real control plane. Its machines are there on the real link, but what they run are no games: players
 * are confirmed by the API, as games without the SDK do it.
 */
const SEATS = 3;
let stack: AsyncDisposableStack;
let server: FlotillaServer;
let room: TestRoom;

beforeAll(async () => {
  await using opened = new AsyncDisposableStack();
  const state = mkdtempSync(join(tmpdir(), "flotilla-room-platform-"));
  opened.defer(() => rmSync(state, { recursive: true }));
  // The server gives up root: it must still find its way to its folder.
  chmodSync(state, 0o755);
  const how = { state, port: await freePort(), nodeFlags: [] };
  server = opened.use(await FlotillaServer.start(how));
  const link = { url: server.url, token: server.token("agent") };
  opened.use(new FakeAgents({ ...link, nodes: 1, returnAfterMs: 0 }));
  await makeFleet("maps", 1);
  const allocateTokenFile = join(state, "allocate.token");
  const platform = { flotillaUrl: server.url, allocateTokenFile, seats: SEATS, waitMs: 20_000 };
  room = opened.use(await TestRoom.open(platform));
  stack = opened.move();
}, 90_000);
afterAll(() => stack?.disposeAsync());

async function makeFleet(name: string, replicas: number): Promise<void> {
  const spec = {
    ports: [{ name: "game", portPolicy: "Dynamic", protocol: "TCP", containerPort: 7654 }],
    counters: { rooms: { count: 0, capacity: 2 } },
    lists: { players: { capacity: 2 * SEATS } },
    template: { spec: { containers: [{ name: "game", image: "bench:1" }] } },
  };
  await server.post("/apis/agones.dev/v1/namespaces/default/fleets", {
    ...{ apiVersion: "agones.dev/v1", kind: "Fleet", metadata: { name } },
    spec: { replicas, template: { spec } },
  });
}
async function publicMap(): Promise<string> {
  const map = await makeMap(room, { access: "public" });
  await room.ask("ann", "POST", `/maps/${map}/publish`);
  return map;
}
const enter = (map: string, who: string) => room.ask(who, "POST", `/maps/${map}/enter`);

it("seats many users in one room, lets nobody lose a seat, and tells who is there", {
  timeout: 60_000,
}, async () => {
  const map = await publicMap();
  // Nothing is Ready yet, perhaps: whoever comes first waits while the game server starts.
  const all = await Promise.all(["ann", "ben", "cid"].map((who) => enter(map, who)));
  expect(all.map(({ status }) => status)).toEqual([200, 200, 200]);
  const [ann, ben, cid] = all.map(({ body }) => body.message);
  expect(new Set([ann.room, ben.room, cid.room]).size).toBe(1);
  expect(decodeJwt(ann.token)).toMatchObject({ sub: "ann", room: ann.room, attrs: { map } });
  expect([ann.host, ann.ports[0].name]).toEqual(["127.0.0.1", "game"]);
  await server.post(`/v1/rooms/${ann.room}/seats/${ann.seat}/confirm`, {});
  const present = async () => (await room.ask("ben", "GET", `/maps/${map}/present`)).body.message;
  const { players, rooms } = await present();
  expect([players, rooms[0].seats]).toEqual([3, { taken: 1, reserved: 2, free: 0 }]);
  const states = rooms[0].players.map((one: object) => Object.values(one).join(" ")).sort();
  expect(states).toEqual(["ann Taken", "ben Reserved", "cid Reserved"]);
  // Full: the next one goes on to a second room, those who are there come back to theirs.
  const dan = (await enter(map, "dan")).body.message;
  expect(dan.room).not.toBe(ann.room);
  for (const one of [ann, ben, dan]) {
    const again = (await enter(map, one.player)).body.message;
    expect([again.room, again.seat]).toEqual([one.room, one.seat]);
    expect(again.token).not.toBe(one.token);
  }
  expect((await present()).players).toBe(4);
  // The second room is newer, by the platform's word, or of the same second.
  const put = (own: string) =>
    room.ask({ token: room.operator }, "PUT", `/maps/${map}/snapshot`, { room: own, state: own });
  const saved = [await put(ann.room), await put(dan.room), await put(ann.room)];
  expect(saved.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(2);
  expect(saved.at(-1)?.status === 200 && saved[1]?.status === 200).toBe(false);
});

it("says that there is no game server, and when to come again, once it has waited", {
  timeout: 60_000,
}, async () => {
  await makeFleet("none", 0);
  const { flotillaUrl, allocateTokenFile } = room.settings;
  const platform = { flotillaUrl, allocateTokenFile, fleet: "none", seats: SEATS };
  await using other = await TestRoom.open({ ...platform, waitMs: 200 });
  const map = await makeMap(other);
  const answer = await other.ask("ann", "POST", `/maps/${map}/enter`);
  expect(told(answer)).toBe("503 no game server is free");
  expect(Number(answer.headers["retry-after"])).toBeGreaterThanOrEqual(1);
  // More seats than the fleet's servers have room for are the operator's mistake; the log says so.
  await using wide = await TestRoom.open({ ...platform, fleet: "maps", seats: 50 });
  const there = await makeMap(wide);
  const refused = await wide.ask("ann", "POST", `/maps/${there}/enter`);
  expect(told(refused)).toBe("503 game servers not available");
  expect(wide.logged.join("\n")).toContain("2 rooms of 50 seats");
});
