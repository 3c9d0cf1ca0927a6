import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { colyseus } from "./colyseus.ts";
import type { Connector } from "./connector.ts";
import { FlotillaError } from "./errors.ts";
import { seatFrom } from "./seat-from.ts";
import type { SeatGiven } from "./ticket.ts";
import type { Timing } from "./timing.ts";

const timing: Timing = {
  now: () => performance.now(),
  random: () => 0,
  sleep: async (_, signal) => signal?.throwIfAborted(),
};
const given = (changes: Partial<SeatGiven> = {}): SeatGiven => ({
  id: "seat-1",
  room: "room-1",
  player: "ann",
  host: "127.0.0.1",
  ports: [],
  token: "not a token that lives",
  ...changes,
});

it("asks the service for another seat when the token is too old, and when the connection is lost", async () => {
  const asked: string[] = [];
  const joined: string[] = [];
  const released: string[] = [];
  let onEnd = (): void => undefined;
  const connector: Connector<string> = {
    join: async ({ token }) => {
      joined.push(token);
      return token;
    },
    resume: async () => undefined,
    watch: (_, watcher) => {
      onEnd = () => watcher.ended({ because: "the cable broke", isFinal: false });
    },
    leave: async () => undefined,
  };
  const ask = async (): Promise<SeatGiven> => {
    asked.push("ask");
    // The third answer is lost on the way.
    if (asked.length === 3) throw new FlotillaError("UNAVAILABLE", "away");
    return given({ token: `token ${asked.length}`, room: `room-${asked.length}` });
  };
  const release = async ({ room }: SeatGiven): Promise<void> => {
    released.push(room);
  };
  const seat = await seatFrom({ fleet: "maps", ask, release, connector, timing });
  expect(await seat.connect()).toBe("token 2");
  const back = Promise.withResolvers<void>();
  seat.onState(({ state }) => state === "connected" && back.resolve());
  onEnd();
  await back.promise;
  expect(joined).toEqual(["token 2", "token 4"]);
  expect(seat.room).toBe("room-4");
  await seat.leave();
  expect(released).toEqual(["room-4"]);
});

it("shows the game what it wants to know beside the token, as it is at that moment", async () => {
  const bodies: unknown[] = [];
  const game = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    bodies.push(JSON.parse(Buffer.concat(chunks).toString()));
    response.writeHead(401, { "content-type": "application/json" });
    response.end(JSON.stringify({ code: 401, error: "not today" }));
  }).listen(0, "127.0.0.1");
  await once(game, "listening");
  const { port } = game.address() as AddressInfo;
  let access = 0;
  const joinOptions = async (): Promise<object> => ({
    access: `access ${++access}`,
    token: "mine",
  });
  const seat = await seatFrom({
    fleet: "maps",
    ask: async () => given({ ports: [{ name: "game", port }] }),
    connector: colyseus({ roomName: "map", joinOptions }),
    timing,
  });
  await expect(seat.connect()).rejects.toMatchObject({ code: "REFUSED", message: "not today" });
  const token = given().token;
  expect(bodies.slice(0, 2)).toEqual([
    { access: "access 1", token },
    { access: "access 2", token },
  ]);
  await new Promise((resolve) => game.close(resolve));
});
