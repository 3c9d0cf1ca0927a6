import { afterEach, describe, expect, it } from "vitest";
import { GameData, type GameDataSdk } from "./game-data.ts";

/** An SDK server of one game server in memory; it refuses as Agones does: one code, other words. */
class SdkInMemory implements GameDataSdk {
  readonly calls: string[] = [];
  rooms: number | undefined = 0;
  players: string[] | undefined = [];
  capacity = 3;
  isAway = false;

  async setCounterCount(_: string, count: number): Promise<void> {
    this.#come(`rooms ${count}`);
    if (this.rooms === undefined) throw new Error("2 UNKNOWN: counter not found: rooms");
    if (count > 2) throw new Error("2 UNKNOWN: out of range. Count must be within range");
    this.rooms = count;
  }
  async appendListValue(_: string, value: string): Promise<void> {
    const players = this.#list(`+${value}`);
    if (players.length >= this.capacity)
      throw new Error("2 UNKNOWN: out of range. No available capacity");
    if (players.includes(value)) throw new Error("2 UNKNOWN: already exists. Value: in List");
    players.push(value);
  }
  async deleteListValue(_: string, value: string): Promise<void> {
    const players = this.#list(`-${value}`);
    if (!players.includes(value)) throw new Error("2 UNKNOWN: not found. Value: not found in List");
    this.players = players.filter((one) => one !== value);
  }

  #list(call: string): string[] {
    this.#come(call);
    if (!this.players) throw new Error("2 UNKNOWN: list not found: players");
    return this.players;
  }
  #come(call: string): void {
    this.calls.push(call);
    if (this.isAway) throw new Error("14 UNAVAILABLE: no connection");
  }
}

let data: GameData;
afterEach(() => data[Symbol.dispose]());

function keeping(sdk: SdkInMemory): { said: string[] } {
  const said: string[] = [];
  data = new GameData({
    ask: (asking) => asking(sdk),
    log: (text, fields) => said.push(`${text} ${JSON.stringify(fields)}`),
    retryMs: 5,
  });
  return { said };
}
const show = (rooms: number, ...players: string[]): void =>
  data.show({ rooms, players: new Set(players) });

async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1000 && !isSo(); tries++)
    await new Promise((resolve) => setTimeout(resolve, 5));
  expect(isSo()).toBe(true);
}

describe("rooms and players told to the platform", () => {
  it("follow the arena, also when it changes faster than it is told", async () => {
    const sdk = new SdkInMemory();
    const { said } = keeping(sdk);
    show(1, "ann");
    show(1, "ann", "ben");
    show(2, "ben", "cid");
    show(1, "ben", "cid");
    await until(() => sdk.players?.join() === "ben,cid" && sdk.rooms === 1);
    show(0);
    await until(() => sdk.players?.length === 0 && sdk.rooms === 0);
    expect(said).toEqual([]);
  });

  it("leave alone what the matchmaker put into the list, and take who is there already for told", async () => {
    const sdk = new SdkInMemory();
    sdk.players = ["reserved", "ann"];
    const { said } = keeping(sdk);
    show(1, "ann");
    await until(() => sdk.calls.includes("+ann"));
    show(1);
    await until(() => sdk.players?.join() === "reserved");
    expect(said).toEqual([]);
  });

  it("are left out with one line each when the spec has none", async () => {
    const sdk = new SdkInMemory();
    sdk.rooms = undefined;
    sdk.players = undefined;
    const { said } = keeping(sdk);
    for (const name of ["ann", "ben", "cid"]) {
      show(1, name);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => said.length === 2);
    expect(sdk.calls).toEqual(["rooms 1", "+ann"]);
  });

  it("do not end when there is no room: told once, and again when somebody has left", async () => {
    const sdk = new SdkInMemory();
    const { said } = keeping(sdk);
    show(1, "a", "b", "c", "d");
    await until(() => said.length === 1);
    expect(sdk.players).toEqual(["a", "b", "c"]);
    show(1, "b", "c", "d");
    await until(() => sdk.players?.join() === "b,c,d");
    show(5, "b", "c", "d");
    await until(() => said.length === 2);
    expect(sdk.rooms).toBe(1);
  });

  it("are told when the SDK server is back, with one line for its absence", async () => {
    const sdk = new SdkInMemory();
    sdk.isAway = true;
    const { said } = keeping(sdk);
    show(1, "ann");
    await until(() => sdk.calls.length > 3);
    sdk.isAway = false;
    await until(() => sdk.players?.join() === "ann" && sdk.rooms === 1);
    expect(said).toHaveLength(1);
  });
});
