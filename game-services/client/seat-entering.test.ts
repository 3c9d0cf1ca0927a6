import { afterEach, beforeEach, expect, it } from "vitest";
import type { Connector, SeatPass, Watcher } from "./connector.ts";
import { FlotillaError } from "./errors.ts";
import { RoomsApi } from "./rooms-api.fixture.ts";
import { RoomsClient } from "./rooms-client.ts";
import type { Timing } from "./timing.ts";

/** A game that lets in everybody once for each token, and waits for nobody unless it is told so. */
class FakeGame implements Connector<number> {
  readonly calls: string[] = [];
  readonly tokens = new Set<string>();
  readonly left: number[] = [];
  watcher: Watcher | undefined;
  doesWait = false;
  /** Called before somebody is let in. */
  onJoin: () => void = () => undefined;
  #next = 0;

  async join({ token }: SeatPass, signal: AbortSignal): Promise<number> {
    this.calls.push("join");
    this.onJoin();
    signal.throwIfAborted();
    if (this.tokens.has(token)) throw new FlotillaError("REFUSED", "used");
    this.tokens.add(token);
    this.#next += 1;
    return this.#next;
  }
  async resume(): Promise<number | undefined> {
    this.calls.push("resume");
    this.#next += 1;
    return this.doesWait ? this.#next : undefined;
  }
  watch(_: number, watcher: Watcher): void {
    this.watcher = watcher;
  }
  async leave(connection: number): Promise<void> {
    this.left.push(connection);
  }
}

let api: RoomsApi;
let game: FakeGame;
let client: RoomsClient<number>;
const timing: Timing = {
  now: () => performance.now(),
  random: () => 0,
  sleep: async (_, signal) => signal?.throwIfAborted(),
};
beforeEach(async () => {
  api = await RoomsApi.open();
  game = new FakeGame();
  client = new RoomsClient({ url: api.url, token: "secret", connector: game, timing });
});
afterEach(() => api[Symbol.asyncDispose]());

const ended = (): void => game.watcher?.ended({ because: "the cable broke", isFinal: false });
async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500 && !isSo(); tries++)
    await new Promise((resolve) => setTimeout(resolve, 5));
  expect(isSo()).toBe(true);
}

it("shows the game no token twice, also while the control plane is away", async () => {
  const seat = await client.join({ fleet: "arena", player: "ann" });
  expect(await seat.connect()).toBe(1);
  api.faults.push("cut", "503");
  ended();
  await until(() => seat.state === "connected");
  expect(game.calls).toEqual(["join", "resume", "resume", "resume", "join"]);
  expect(game.tokens.size).toBe(2);
});

it("goes on with the session that the game kept, without a token", async () => {
  const seat = await client.join({ fleet: "arena", player: "ann" });
  await seat.connect();
  game.doesWait = true;
  ended();
  await until(() => seat.state === "connected");
  expect([game.calls, seat.connection]).toEqual([["join", "resume"], 2]);
});

it("lets in once who asks twice at the same moment", async () => {
  const seat = await client.join({ fleet: "arena", player: "ann" });
  expect(await Promise.all([seat.connect(), seat.connect(), seat.reconnect()])).toEqual([1, 1, 1]);
  expect(game.calls).toEqual(["join"]);
});

it("gives up after so many tries, and may be asked once more", async () => {
  const seat = await client.join({ fleet: "arena", player: "ann" });
  game.onJoin = () => {
    throw new FlotillaError("REFUSED", "not today");
  };
  await expect(seat.connect()).rejects.toThrow("not today");
  expect(game.calls).toHaveLength(4);
  await expect(seat.reconnect()).rejects.toThrow("not today");
  expect(game.calls).toHaveLength(4 + 8);
  expect(seat.state).toBe("lost");
  game.onJoin = () => undefined;
  await seat.connect();
  expect(seat.state).toBe("connected");
});

it("says goodbye to a game that it is just coming into, and comes in no more", async () => {
  const seat = await client.join({ fleet: "arena", player: "ann" });
  const states: string[] = [];
  seat.onState(({ state }) => states.push(state));
  let leaving: Promise<void> | undefined;
  game.onJoin = () => (leaving = seat.leave());
  await expect(seat.connect()).rejects.toMatchObject({ code: "LEFT" });
  await leaving;
  expect(states).toEqual(["connecting", "left"]);
  expect(api.players(seat.room)).toEqual([]);
  await expect(seat.connect()).rejects.toMatchObject({ code: "LEFT" });
});
