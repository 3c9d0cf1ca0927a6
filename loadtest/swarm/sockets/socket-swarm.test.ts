import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ArenaServer } from "../../../game-services/game/arena/arena-server.ts";
import { UdpSwarm } from "../udp/udp-swarm.ts";
import { closeCause, joinFailure } from "./close-causes.ts";
import type { SocketEvent, SocketJoin } from "./socket-players.ts";
import { SocketSwarm } from "./socket-swarm.ts";

const PLAYERS = 40;
let arena: ArenaServer;
beforeAll(async () => {
  arena = await ArenaServer.open({
    host: "127.0.0.1",
    webSocketPort: 0,
    udpPort: 0,
    tokensWanted: "optional",
    onPlayers: () => undefined,
    onPresence: () => undefined,
  });
  port = arena.webSocketPort;
});
let isOpen = true;
const close = async (): Promise<void> => {
  if (isOpen) await arena[Symbol.asyncDispose]();
  isOpen = false;
};
afterAll(close);

let port = 0;
const joinOf = (id: number): SocketJoin => ({
  id,
  port,
  room: "arena",
  wantsUdp: true,
});
const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10));
};

describe("a swarm of sockets", () => {
  it("holds players of a real game over two processes, with UDP, and says why each was cut off", async () => {
    const events: SocketEvent[] = [];
    const of = (what: SocketEvent["what"]) => events.filter((one) => one.what === what);
    await using sockets = SocketSwarm.start({
      ...{ processes: 2, socketsMax: PLAYERS, perSecond: 200, echoEveryMs: 100, allowed: [] },
      onEvent: (event) => events.push(event),
    });
    await using udp = UdpSwarm.start({
      ...{ wire: "game", workers: 1, hz: 20, playersMax: PLAYERS, secondsMax: 60, allowed: [] },
    });
    sockets.join(Array.from({ length: PLAYERS }, (_, id) => joinOf(id)));
    await until(() => of("joined").length === PLAYERS);
    const joined = events.flatMap((one) => (one.what === "joined" ? [one] : []));
    expect(new Set(joined.map(({ udpToken }) => udpToken)).size).toBe(PLAYERS);
    const aims = joined.map(({ id, udpToken: token }) => ({
      ...{ id, token, host: "127.0.0.1", port: arena.udpPort },
    }));
    udp.aim(aims);
    sockets.leave([0, 1, 2]);
    const isAllHeard = async (): Promise<boolean> =>
      (await udp.players(0, 60)).filter(({ answered }) => answered >= 5).length === PLAYERS - 3;
    udp.rest([0, 1, 2], { isThrownOut: false });
    while (!(await isAllHeard())) await new Promise((resolve) => setTimeout(resolve, 50));
    const record = await udp.stop();
    expect(record).toMatchObject({
      open: PLAYERS,
      counts: { duplicates: 0, strays: 0, unsent: 0 },
    });

    await close();
    await until(() => of("closed").length === PLAYERS - 3);
    expect(of("closed")).toEqual(
      expect.arrayContaining([expect.objectContaining({ cause: closeCause(4001) })]),
    );
    sockets.join([joinOf(0)]);
    await until(() => of("failed").length === 1);
    const { counts, open, series } = await sockets.record();
    expect(open).toBe(0);
    expect(counts).toMatchObject({ asked: 41, joined: 40, failed: 1, closed: 37 });
    expect(counts.replies).toBeGreaterThan(0);
    const failed = Object.entries(counts).filter(([name]) => name.startsWith("failed: "));
    expect(failed.map(([, count]) => count)).toEqual([1]);
    expect(series.joined?.reduce<number>((sum, n) => sum + (n ?? 0), 0)).toBe(40);
  }, 60_000);

  it.each([
    [{ processes: 0 }, "a socket swarm has 1 to 16 processes, not 0"],
    [{ socketsMax: 20_000 }, "1 processes hold 1 to 18000 sockets, not 20000"],
    [{ perSecond: 0 }, "sockets are opened at a rate, not 0 a second"],
  ])("is refused when it is asked for %o", (wrong, sentence) => {
    const options = { processes: 1, socketsMax: 10, perSecond: 10, echoEveryMs: 0, allowed: [] };
    expect(() => SocketSwarm.start({ ...options, ...wrong, onEvent: () => undefined })).toThrow(
      sentence,
    );
  });
});

describe("causes", () => {
  it("are words, and the same for the same thing", () => {
    expect(closeCause(1006)).toBe("cut off without a word");
    expect(closeCause(4999)).toBe("close code 4999");
    const refused = (port: number): Error =>
      new TypeError("fetch failed", { cause: new Error(`connect ECONNREFUSED 127.0.0.1:${port}`) });
    expect(joinFailure(refused(7001))).toBe(joinFailure(refused(7002)));
    expect(joinFailure(new DOMException("The operation was aborted", "TimeoutError"))).toBe(
      "no answer in time",
    );
  });
});
