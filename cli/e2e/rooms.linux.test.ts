import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { GameServer } from "../../core/model/game-server.ts";
import { TestInstance } from "../testing/test-instance.ts";
import { LineProcess } from "./line-process.ts";
import { gameServer, type PlayerReport } from "./play-session.ts";

const ROOT = join(import.meta.dirname, "../..");
const PLAYER = join(ROOT, "game-services/play/seated-player.ts");
/** Whatever was killed is back by then, on a machine that is busy with other things, too. */
const SOON = { timeout: 30_000, interval: 50 };

interface RoomAnswer {
  readonly id: string;
  readonly capacity: number;
  readonly seats: { readonly taken: number; readonly reserved: number; readonly free: number };
  readonly gameServer: { readonly name: string };
}
interface SeatAnswer {
  readonly id: string;
  readonly player: string;
  readonly host: string;
  readonly ports: readonly { readonly name: string; readonly port: number }[];
  readonly token: string;
}
interface SeatedReport extends PlayerReport {
  readonly seat: string;
  readonly room: string;
  readonly states: readonly string[];
  readonly returns: number;
}

let instance: TestInstance;
beforeAll(async () => {
  instance = await TestInstance.start({
    images: ["examples/demo/image.yaml"],
    files: ["examples/demo/fleet.yaml"],
    flags: ["--port-range", "17780-17810"],
  });
  const demo = parse(readFileSync(join(ROOT, "examples/demo/fleet.yaml"), "utf8"));
  // One room for each server, and nobody without a token.
  const { template } = demo.spec;
  template.spec.counters.rooms.capacity = 1;
  template.spec.lists.players.capacity = 2;
  template.spec.template.spec.containers[0].env[0].value = "required";
  const duel = { ...demo, metadata: { name: "duel" }, spec: { ...demo.spec, replicas: 2 } };
  await asked("POST", "/apis/agones.dev/v1/namespaces/default/fleets", duel);
  for (const [fleet, count] of [
    ["arena", 3],
    ["duel", 2],
  ] as const)
    while ((await ready(fleet)) !== count) await sleep(50);
});
afterAll(() => instance?.[Symbol.asyncDispose]());

async function asked<T>(method: string, path: string, body?: object): Promise<T> {
  const answer = await instance.request(method, path, body);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
  return answer.body as T;
}
async function ready(fleet: string): Promise<number> {
  const path = `/apis/agones.dev/v1/namespaces/default/fleets/${fleet}`;
  const { status } = await asked<{ status: { readyReplicas: number } }>("GET", path);
  return status.readyReplicas;
}
const room = (id: string): Promise<RoomAnswer> => asked("GET", `/v1/rooms/${id}`);
async function serverOf(id: string): Promise<GameServer> {
  return gameServer(instance, (await room(id)).gameServer.name);
}
async function seatsOf(id: string): Promise<Readonly<Record<string, SeatAnswer>>> {
  const path = `/apis/flotilla.dev/v1/namespaces/default/rooms/${id}`;
  const { status } = await asked<{ status: { seats: Record<string, SeatAnswer> } }>("GET", path);
  return status.seats;
}
async function taken(id: string): Promise<number> {
  return (await room(id)).seats.taken;
}
/** How often a player has come back, by the game's own log: to the old place, or anew. */
async function returnsOf(player: string, server: string): Promise<number> {
  const { out } = await instance.cli("logs", server);
  const count = (line: RegExp): number => out.match(line)?.length ?? 0;
  const joined = new RegExp(`"fact":"player joined".*"name":"${player}"`, "g");
  return count(/"fact":"player back"/g) + count(joined) - 1;
}
function playerOf(name: string, index: number): Promise<LineProcess> {
  const words = [
    PLAYER,
    instance.url,
    join(instance.state, "admin.token"),
    "arena",
    name,
    String(index),
  ];
  return LineProcess.start([process.execPath, ...words]);
}
async function onlyRoom(fleet: string): Promise<RoomAnswer> {
  const { rooms } = await asked<{ rooms: RoomAnswer[] }>("GET", `/v1/rooms?fleet=${fleet}`);
  const [first] = rooms;
  if (!first || rooms.length !== 1) throw new Error(`no single room: ${JSON.stringify(rooms)}`);
  return first;
}
/** Knocks at the game as Colyseus' client does; "in", or why not. */
async function knock({ host, ports }: SeatAnswer, options: object): Promise<string> {
  const port = ports.find(({ name }) => name === "game")?.port;
  const answer = await fetch(`http://${host}:${port}/matchmake/joinOrCreate/arena`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(options),
  });
  const said = (await answer.json()) as { readonly error?: string; readonly message?: string };
  return answer.ok ? "in" : String(said.error ?? said.message);
}
async function duelSeat(player: string, seconds = 30): Promise<SeatAnswer & { room: string }> {
  const wanted = { fleet: "duel", find: false, seat: { player, seconds }, waitUpTo: "20s" };
  const opened = await asked<{ room: RoomAnswer; seat: SeatAnswer }>("POST", "/v1/rooms", wanted);
  return { ...opened.seat, room: opened.room.id };
}

describe("players with seats", () => {
  it("meet in a room, play on while the control plane is killed, come back to their seats, and free them", async () => {
    await using processes = new AsyncDisposableStack();
    const ann = processes.use(await playerOf("ann", 0));
    const ben = processes.use(await playerOf("ben", 1));
    const { id, capacity, gameServer: host } = await onlyRoom("arena");
    expect(capacity).toBe(32);
    await expect.poll(() => taken(id), SOON).toBe(2);
    const { status } = await serverOf(id);
    expect(status.state).toBe("Allocated");
    expect([...(status.lists?.players?.values ?? [])].sort()).toEqual(["ann", "ben"]);
    expect(status.counters?.rooms).toEqual({ count: 1, capacity: 10 });
    const seats = await seatsOf(id);

    // While it is away, ann's connection breaks: the game still waits for her.
    expect(instance.kill("server")).toBe(true);
    ann.tell("break");
    await expect.poll(() => taken(id).catch(() => 0), SOON).toBe(2);
    expect(Object.keys(await seatsOf(id))).toEqual(Object.keys(seats));
    // Before she is back there is nothing to break.
    const returns = () => returnsOf("ann", host.name);
    await expect.poll(returns, SOON).toBe(1);
    ann.tell("break");
    await expect.poll(returns, SOON).toBe(2);

    const reports = (await Promise.all([ann.end(), ben.end()])) as SeatedReport[];
    const [first, second] = reports;
    expect(reports.map(({ room }) => room)).toEqual([id, id]);
    const own = Object.entries(seats).find(([, { player }]) => player === "ann")?.[0];
    expect(first).toMatchObject({ seat: own, returns: 2, sawMove: ["ben"], heard: ["ann", "ben"] });
    expect(first?.states.filter((state) => state === "connected")).toHaveLength(3);
    expect(second).toMatchObject({ drops: 0, webSocketLost: 0, udpLost: 0, sawMove: ["ann"] });
    await expect.poll(async () => (await room(id)).seats.free, SOON).toBe(32);
    // What the game tells comes on a way of its own.
    const listed = async () => (await serverOf(id)).status.lists?.players?.values;
    await expect.poll(listed, SOON).toEqual([]);
  });
});

describe("a game server lets in", () => {
  it("who has a token for it, once, in time, and nobody else", async () => {
    const [one, two] = [await duelSeat("ann"), await duelSeat("ben", 1)];
    expect((await room(one.room)).gameServer).not.toEqual((await room(two.room)).gameServer);
    expect(await knock(one, { name: "guest" })).toBe("join refused: NoToken");
    expect(await knock(one, { token: two.token })).toBe("join refused: WrongServer");
    expect(await knock(one, { token: one.token, room: two.room })).toBe("join refused: WrongRoom");
    expect(await knock(one, { token: one.token })).toBe("in");
    expect(await knock(one, { token: one.token })).toBe("join refused: Used");
    // It lives for a second, and five more for clocks that differ.
    await sleep(7000);
    expect(await knock(two, { token: two.token })).toBe("join refused: Expired");
    for (const { room: id } of [one, two]) await asked("DELETE", `/v1/rooms/${id}`);
  });
});
