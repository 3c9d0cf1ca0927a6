import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FlotillaError } from "./errors.ts";
import { RoomsApi } from "./rooms-api.fixture.ts";
import { RoomsClient, type RoomsClientOptions } from "./rooms-client.ts";
import type { Timing } from "./timing.ts";

let api: RoomsApi;
let sleeps: number[];
beforeEach(async () => {
  api = await RoomsApi.open();
  sleeps = [];
});
afterEach(() => api[Symbol.asyncDispose]());

const timing: Timing = {
  now: () => performance.now(),
  random: () => 0.5,
  sleep: async (ms, signal) => {
    signal?.throwIfAborted();
    sleeps.push(ms);
  },
};
const clientOf = (options: Partial<RoomsClientOptions<never>> = {}): RoomsClient<never> =>
  new RoomsClient<never>({ url: api.url, token: "secret", timing, ...options });
const ann = { fleet: "arena", player: "ann", attributes: { mode: "duel" } };
async function failureOf(doing: Promise<unknown>): Promise<FlotillaError> {
  const error = await doing.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof FlotillaError) return error;
  throw error ?? new Error("it did not fail");
}

describe("a seat", () => {
  it("is found or made in one request, which carries token and key", async () => {
    const [first, second] = [
      await clientOf().join(ann),
      await clientOf().join({ ...ann, player: "ben" }),
    ];
    expect(first).toMatchObject({ room: "arena-room1", player: "ann", state: "reserved" });
    expect(second.room).toBe(first.room);
    expect(api.players(first.room)).toEqual(["ann", "ben"]);
    expect(api.asked).toHaveLength(2);
    expect(api.asked[0]).toMatchObject({
      method: "POST",
      path: "/v1/rooms",
      authorization: "Bearer secret",
      body: {
        namespace: "default",
        fleet: "arena",
        attributes: { mode: "duel" },
        seat: { player: "ann" },
      },
    });
    const keys = api.asked.map(({ key }) => key);
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(new Set(keys).size).toBe(2);
  });

  it("is the same one when it is asked for again, and is given back once", async () => {
    const seat = await clientOf().join(ann);
    const [id, token] = [seat.id, seat.token];
    await seat.renew();
    expect([seat.id, seat.token === token]).toEqual([id, false]);
    const again = await clientOf().joinRoom({ room: seat.room, player: "ann" });
    expect(again.id).toBe(id);
    await seat.leave();
    expect(seat.state).toBe("left");
    expect(api.players(seat.room)).toEqual([]);
    await again.leave();
    await expect(seat.connect()).rejects.toMatchObject({ code: "LEFT" });
  });

  it("is shown to those who ask who sits there", async () => {
    const seat = await clientOf().join(ann);
    await clientOf().join({ ...ann, player: "ben" });
    const seats = await clientOf().seats(seat.room);
    expect(seats.map(({ player, state }) => `${player} ${state}`)).toEqual([
      "ann Reserved",
      "ben Reserved",
    ]);
    expect(seats[0]?.id).toBe(seat.id);
    expect(api.asked.at(-1)?.method).toBe("GET");
  });

  it("cannot be connected without a connector, and says what to do instead", async () => {
    const seat = await clientOf().join(ann);
    await expect(seat.connect()).rejects.toThrow("no connector");
  });
});

describe("a call", () => {
  it.each(["cut", "cut after", "503", "429"] as const)(
    "is made again under the same key after: %s",
    async (fault) => {
      api.faults.push(fault, fault);
      const seat = await clientOf().join(ann);
      expect(api.asked).toHaveLength(3);
      expect(new Set(api.asked.map(({ key }) => key)).size).toBe(1);
      expect(api.players(seat.room)).toEqual(["ann"]);
      expect(api.rooms).toEqual(["arena-room1"]);
      // Half of it is chance; the server's word comes on top.
      const own = [150, 300];
      expect(sleeps).toEqual(fault === "429" ? own.map((ms) => ms + 1000) : own);
    },
  );

  it.each([
    ["503", 7, { code: "UNAVAILABLE", status: 503, message: "not the leader" }],
    ["429", 3, { code: "EXHAUSTED", status: 429, retryAfterSeconds: 1 }],
  ] as const)("is given up after so many times %s: %i, and says why", async (fault, times, why) => {
    api.faults.push(...Array(10).fill(fault));
    expect(await failureOf(clientOf().join(ann))).toMatchObject(why);
    expect(api.asked).toHaveLength(times);
  });

  it("is not made again when it is told to come back much later", async () => {
    api.faults.push("429 later");
    const error = await failureOf(clientOf().join(ann));
    expect(error).toMatchObject({ code: "EXHAUSTED", status: 429, retryAfterSeconds: 60 });
    expect(api.asked).toHaveLength(1);
  });

  it("is not made again when it has waited in line", async () => {
    const error = await failureOf(clientOf().join({ ...ann, fleet: "none", waitUpTo: "10s" }));
    expect(error).toMatchObject({ code: "EXHAUSTED", retryAfterSeconds: 1 });
    expect(error.message).toContain("no Ready game server");
    expect(api.asked.map(({ body }) => body.waitUpTo)).toEqual(["10s"]);
  });

  it("is not made again when it is wrong", async () => {
    const error = await failureOf(clientOf().room("arena-none"));
    expect(error).toMatchObject({ code: "NOT_FOUND", status: 404 });
    expect(api.asked).toHaveLength(1);
  });

  it("asks its source for a token each time, and once more when the token is not known", async () => {
    let asked = 0;
    const token = async (): Promise<string> => `token ${++asked}`;
    api.faults.push("401");
    await clientOf({ token }).join(ann);
    expect(api.asked.map(({ authorization }) => authorization)).toEqual([
      "Bearer token 1",
      "Bearer token 2",
    ]);
    api.faults.push("401", "401");
    expect(await failureOf(clientOf({ token }).join(ann))).toMatchObject({
      code: "UNAUTHENTICATED",
    });
    api.faults.push("401");
    expect(await failureOf(clientOf().join(ann))).toMatchObject({ code: "UNAUTHENTICATED" });
    expect(api.asked).toHaveLength(5);
  });

  it("ends with its signal, before, between and during the tries", async () => {
    const reason = new Error("the player went away");
    const before = AbortSignal.abort(reason);
    await expect(clientOf().join({ ...ann, signal: before })).rejects.toBe(reason);
    expect(api.asked).toHaveLength(0);
    const between = new AbortController();
    api.faults.push("503");
    const stopping = { ...timing, sleep: async () => between.abort(reason) };
    const client = clientOf({ timing: stopping });
    await expect(client.join({ ...ann, signal: between.signal })).rejects.toBe(reason);
    const during = new AbortController();
    const slow: typeof fetch = (_, init) => {
      const asking = new Promise<Response>((_, reject) =>
        init?.signal?.addEventListener("abort", () => reject(new Error("aborted"))),
      );
      during.abort(reason);
      return asking;
    };
    const waiting = clientOf({ fetch: slow }).join({ ...ann, signal: during.signal });
    await expect(waiting).rejects.toBe(reason);
  });

  it("says where nobody answers", async () => {
    const client = clientOf({ url: "http://127.0.0.1:1" });
    const error = await failureOf(client.join(ann));
    expect(error.code).toBe("NETWORK");
    expect(error.message).toContain("cannot reach http://127.0.0.1:1");
    expect(sleeps).toEqual([150, 300, 600, 1200, 2400, 3750]);
  });
});

describe("rooms", () => {
  it("are listed page after page, by what they are", async () => {
    const client = clientOf();
    for (const mode of ["duel", "duel", "duel", "team"])
      await client.makeRoom({ fleet: "arena", attributes: { mode }, find: false });
    const found: string[] = [];
    for await (const { id } of client.rooms({ fleet: "arena", attributes: { mode: "duel" } }))
      found.push(id);
    expect(found).toEqual(["arena-room1", "arena-room2", "arena-room3"]);
    expect(api.asked.slice(4).map(({ path }) => path)).toEqual([
      "/v1/rooms?namespace=default&fleet=arena&attribute.mode=duel",
      "/v1/rooms?namespace=default&fleet=arena&continue=2&attribute.mode=duel",
    ]);
  });

  it("are closed to newcomers, and ended", async () => {
    const client = clientOf();
    const { room } = await client.join(ann);
    expect((await client.setOpen(room, false)).open).toBe(false);
    const other = await client.join({ ...ann, player: "ben" });
    expect(other.room).not.toBe(room);
    await client.closeRoom(room);
    expect(api.rooms).toEqual([other.room]);
  });
});

describe("a party", () => {
  const three = { fleet: "arena", players: ["ann", "ben", "cid"] };

  it("gets seats in one new room, which nobody finds before all are in", async () => {
    const seats = await clientOf().joinTogether(three);
    expect(seats.map(({ room }) => room)).toEqual(Array(3).fill("arena-room1"));
    expect(api.players("arena-room1")).toEqual(["ann", "ben", "cid"]);
    expect(api.asked.find(({ path }) => path === "/v1/rooms")?.body).toMatchObject({ open: false });
    expect(api.asked.at(-1)).toMatchObject({ method: "PATCH", body: { open: true } });
  });

  it("takes the fullest room that has a place for all of them", async () => {
    const client = clientOf();
    await client.joinTogether({ ...three, players: ["a", "b"] });
    await client.joinTogether({ ...three, players: ["c", "d", "e"] });
    const seats = await client.joinTogether({ ...three, players: ["f", "g"] });
    expect(seats.map(({ room }) => room)).toEqual(["arena-room1", "arena-room1"]);
    expect(api.rooms).toEqual(["arena-room1", "arena-room2"]);
  });

  it("is in another room when somebody was faster, and leaves no seat behind", async () => {
    const client = clientOf();
    await client.joinTogether({ ...three, players: ["a"] });
    const racing: typeof fetch = async (input, init) => {
      // Between the look and the seats somebody takes two of the three.
      if (
        new URL(String(input)).pathname.endsWith("/seats") &&
        api.players("arena-room1").length === 1
      )
        for (const player of ["x", "y"]) await clientOf().joinRoom({ room: "arena-room1", player });
      return fetch(input, init);
    };
    const seats = await clientOf({ fetch: racing }).joinTogether(three);
    expect(new Set(seats.map(({ room }) => room))).toEqual(new Set(["arena-room2"]));
    expect(api.players("arena-room1")).toEqual(["a", "x", "y"]);
  });

  it("is refused when a room takes fewer, and leaves no room behind", async () => {
    const many = { ...three, capacity: 2 };
    await expect(clientOf().joinTogether(many)).rejects.toThrow(
      "a room takes 2 players, these are 3",
    );
    expect(api.rooms).toEqual([]);
  });
});
