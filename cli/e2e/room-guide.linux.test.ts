import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestInstance } from "../testing/test-instance.ts";
import { listed, seen, until } from "./look-inside.ts";
import { portOf, tellUdp } from "./simple-game.ts";

const GUIDE = readFileSync(join(import.meta.dirname, "../../docs/rooms.md"), "utf8");
const blocksOf = (language: string): string[] =>
  [...GUIDE.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map(
    ([, text = ""]) => text,
  );
/** The fleet of the guide, with a game that does what it is told by UDP. */
const FLEET = (blocksOf("yaml")[0] ?? "")
  .replace("image: arena", "image: simple")
  .replace("protocol: TCP", "protocol: UDP");
const CURLS = blocksOf("sh").filter((text) => text.startsWith("curl"));

// biome-ignore lint/suspicious/noExplicitAny: tests look into whatever comes
type Body = any;
let instance: TestInstance;
let token: string;
/** What the guide's examples name. */
const named: Record<string, string> = {};

beforeAll(async () => {
  instance = await TestInstance.start({
    images: ["examples/simple/image.yaml"],
    flags: ["--port-range", "17770-17790"],
  });
  const file = join(instance.state, "fleet.yaml");
  await writeFile(file, FLEET);
  await instance.mustCli("apply", "-f", file);
  token = (await readFile(join(instance.state, "allocate.token"), "utf8")).trim();
  while ((await serversThatAre("Ready")).length < 2) await sleep(50);
});
afterAll(() => instance?.[Symbol.asyncDispose]());

async function serversThatAre(state: string) {
  return (await listed(instance, "GameServer")).filter(({ status }) => status.state === state);
}

/** Runs one example of the guide as it stands there, and adds the HTTP status to what it answers. */
async function run(example: string): Promise<{ status: number; body: Body }> {
  const command = example.replace("curl -sS", "curl -sS -w '\\n%{http_code}'");
  const { stdout } = await promisify(execFile)("bash", ["-ceu", command], {
    env: { PATH: process.env.PATH, FLOTILLA_API: instance.url, TOKEN: token, KEY: "k1", ...named },
  });
  const [body = "", status] = stdout.split(/\n(?=\d+$)/);
  return { status: Number(status), body: JSON.parse(body) };
}
const example = (part: string): string => {
  const found = CURLS.filter((text) => text.includes(part));
  expect([part, found.length]).toEqual([part, 1]);
  return found[0] ?? "";
};
const POST_ROOM = '"fleet": "arena"';

async function seatsUntil(wanted: object): Promise<void> {
  for (;;) {
    const { body } = await instance.request("GET", `/v1/rooms/${named.ROOM}`);
    if (JSON.stringify((body as Body).seats) === JSON.stringify(wanted)) return;
    await sleep(25);
  }
}

describe("the guide to rooms", () => {
  it("makes a room, and its token opens it by the keys that are published", async () => {
    const { status, body } = await run(example(POST_ROOM));
    expect([status, body.made, body.room.capacity]).toEqual([201, true, 16]);
    named.ROOM = body.room.id;
    named.SERVER = body.room.gameServer.name;
    expect(await run(example(POST_ROOM))).toEqual({ status, body });
    const jwks = createRemoteJWKSet(new URL(`${instance.url}/.well-known/jwks.json`));
    const { payload } = await jwtVerify(body.seat.token, jwks, {
      ...{ issuer: "flotilla", audience: body.room.gameServer.uid, algorithms: ["EdDSA"] },
    });
    expect(payload).toMatchObject({ sub: "ann", room: named.ROOM, attrs: { map: "harbour" } });
    const { status: told, body: keys } = await run(example("jwks.json"));
    expect([told, keys.keys.length]).toEqual([200, 1]);
  });

  it("seats players, whom the game reports by the SDK or who is confirmed and leaves by the API", async () => {
    const port = portOf(await seen(instance, "GameServer", named.SERVER ?? ""));
    expect(await tellUdp(port, "APPEND_LIST_VALUE players ann")).toMatch(/^ACK|ALREADY_EXISTS/);
    await seatsUntil({ taken: 1, reserved: 0, free: 15 });
    const ben = await run(example('"player": "ben"'));
    expect(ben.status).toBe(201);
    named.SEAT = ben.body.id;
    expect((await run(example("/confirm"))).body.state).toBe("Taken");
    await seatsUntil({ taken: 2, reserved: 0, free: 14 });
    const left = await run(example('-X DELETE "$FLOTILLA_API/v1/rooms/$ROOM/seats'));
    expect([left.status, left.body.room.seats.taken]).toEqual([200, 1]);
  });

  it("lists rooms, shows one, and the command line shows them, too", async () => {
    const { status, body } = await run(example("free=true"));
    expect([status, body.rooms.length]).toEqual([200, 1]);
    const shows = CURLS.filter((text) => /rooms\/\$ROOM" -H [^-]*\n$/.test(text));
    expect(shows.length).toBe(2);
    expect((await run(shows[0] ?? "")).body.id).toBe(named.ROOM);
    const table = await instance.mustCli("get", "rooms", "-o", "wide");
    expect(table).toMatch(/NAME +FLEET +SEATS +OPEN +GAMESERVER/);
    expect(table).toContain("1/16");
    const described = await instance.mustCli("describe", "room", named.ROOM ?? "");
    expect(described).toContain("map=harbour");
    expect(await instance.mustCli("describe", "fleet", "arena")).toContain("RoomMade");
  });

  it("loses nothing over kill -9 of the control plane", async () => {
    const before = await instance.request("GET", `/v1/rooms/${named.ROOM}`);
    const { body: keys } = await run(example("jwks.json"));
    expect(instance.kill("server")).toBe(true);
    for (;;) {
      const after = await instance.request("GET", `/v1/rooms/${named.ROOM}`).catch(() => undefined);
      if (after?.status === 200) {
        expect(after.body).toEqual(before.body);
        break;
      }
      await sleep(50);
    }
    expect((await run(example(POST_ROOM))).body.room.id).toBe(named.ROOM);
    expect((await run(example("jwks.json"))).body).toEqual(keys);
  });

  it("closes a room to others and ends it, and its server is Ready when the players have left", async () => {
    const closed = await run(example('"open": false'));
    expect([closed.status, closed.body.open]).toEqual([200, false]);
    const [ends = ""] = CURLS.filter((text) => /-X DELETE .*rooms\/\$ROOM" /.test(text));
    expect((await run(ends)).status).toBe(200);
    expect((await run(ends)).status).toBe(404);
    const name = named.SERVER ?? "";
    expect((await seen(instance, "GameServer", name)).status.state).toBe("Allocated");
    const port = portOf(await seen(instance, "GameServer", name));
    expect(await tellUdp(port, "DELETE_LIST_VALUE players ann")).toMatch(/^ACK|NOT_FOUND/);
    await until(instance, ["GameServer", name], ({ status }) => status.state === "Ready");
    expect((await serversThatAre("Allocated")).length).toBe(0);
  });

  it("runs every example that it shows", () => {
    expect(CURLS.length).toBe(9);
  });
});
