import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { CODECS } from "./packets.ts";
import { UdpSwarm, type UdpSwarmOptions } from "./udp-swarm.ts";

const OPTIONS: UdpSwarmOptions = {
  wire: "plain",
  workers: 2,
  // So few that the echo's socket holds them while this process stands still for a second.
  hz: 5,
  playersMax: 30,
  secondsMax: 60,
  allowed: [],
};
let echo: Socket | undefined;
afterEach(() => {
  echo?.close();
  echo = undefined;
});

/** Echoes `copies(n)` times what each sender says as its n-th packet; the port, and what it has counted. */
async function echoing(copies: (n: number) => number): Promise<{ port: number; counts: number[] }> {
  const socket = createSocket("udp4");
  echo = socket;
  const seen = new Map<number, number>();
  const counts = [0, 0, 0];
  socket.on("message", (packet, { port, address }) => {
    const n = seen.get(port) ?? 0;
    seen.set(port, n + 1);
    const times = copies(n);
    counts[times] = (counts[times] ?? 0) + 1;
    for (let i = 0; i < times; i++) socket.send(packet, port, address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return { port: socket.address().port, counts };
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await pause();
};

describe("a swarm of UDP players", () => {
  it("reports exactly what an echo loses and doubles, over all its threads", async () => {
    const { port, counts } = await echoing((n) => (n % 10 === 3 ? 0 : n % 10 === 7 ? 2 : 1));
    await using swarm = UdpSwarm.start(OPTIONS);
    swarm.aim(Array.from({ length: 30 }, (_, id) => ({ id, host: "127.0.0.1", port, token: "" })));
    await until(() => (counts[2] ?? 0) >= 30);
    const ids = [...Array(30).keys()];
    swarm.rest(ids, { isThrownOut: false });
    const sumOf = async (of: "sent" | "answered" | "duplicates"): Promise<number> =>
      (await swarm.players(0, 60)).reduce((all, one) => all + one[of], 0);
    // All that is on its way arrives before it is counted.
    const isBack = async (): Promise<boolean> => {
      const [lost = 0, once = 0, twice = 0] = counts;
      const isHeard = (await sumOf("sent")) === lost + once + twice;
      return (
        isHeard && (await sumOf("answered")) + (await sumOf("duplicates")) === once + 2 * twice
      );
    };
    for (let tries = 0; tries < 250 && !(await isBack()); tries++) await pause();
    const record = await swarm.stop();
    const [lost = 0, once = 0, twice = 0] = counts;
    expect(record.counts).toMatchObject({
      sent: lost + once + twice,
      answered: once + twice,
      lost,
      duplicates: twice,
      reordered: 0,
      strays: 0,
      unsent: 0,
    });
    const players = await swarm.players(0, 60);
    expect(players.map(({ id }) => id).sort((a, b) => a - b)).toEqual(ids);
    const sum = (of: (one: (typeof players)[number]) => number): number =>
      players.reduce((all, one) => all + of(one), 0);
    expect(sum(({ sent, answered }) => sent - answered)).toBe(lost);
    const { sent = [] } = record.series;
    expect(sent.reduce<number>((all, n) => all + (n ?? 0), 0)).toBe(record.counts.sent);
  });

  it.each([
    [{ playersMax: 0 }, "a swarm has 1 to 15000 players, not 0"],
    [{ playersMax: 15_001 }, "a swarm has 1 to 15000 players, not 15001"],
    [{ secondsMax: 1e9 }, "a swarm has 1 to 3600 seconds, not 1000000000"],
    [{ hz: Number.NaN }, "a swarm has 1 to 120 packets a second, not NaN"],
    [{ workers: 1.5 }, "a swarm has 1 to 16 workers, not 1.5"],
    [{ wire: "smoke" as "plain" }, "a swarm speaks game or plain"],
  ])("is refused when it is asked for %o", (wrong, sentence) => {
    expect(() => UdpSwarm.start({ ...OPTIONS, ...wrong })).toThrow(sentence);
  });

  it("is not let loose on others", async () => {
    await using swarm = UdpSwarm.start({ ...OPTIONS, workers: 1 });
    for (const host of ["192.0.2.1", "10.0.0.1", "::2", "localhost", ""])
      expect(() => swarm.aim([{ id: 0, host, port: 9, token: "" }]), host).toThrow(
        /no IP address|not this machine's loopback/,
      );
  });
});

describe("packets of the swarm", () => {
  it.each(["game", "plain"] as const)("carry number and time there and back (%s)", (wire) => {
    const { encode, decode } = CODECS[wire];
    const bytes = encode("ab".repeat(16), { sequence: 70_000, sentMs: 1234.5678 });
    const back =
      wire === "plain" ? bytes : Buffer.concat([bytes.subarray(0, 4), bytes.subarray(20)]);
    if (wire === "game") back[3] = 130;
    // An echo of the bench writes the sender's address there.
    if (wire === "plain") back.set([127, 0, 0, 1]);
    expect(decode(back)).toEqual({ sequence: 70_000, sentMs: 1234.5678 });
    expect(decode(Buffer.alloc(back.length))).toBeUndefined();
    expect(decode(back.subarray(1))).toBeUndefined();
  });
});
