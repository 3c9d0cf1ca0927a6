import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GameServer } from "../../core/model/game-server.ts";
import { seededRandom } from "../../core/std/random.ts";
import { type PartName, TestInstance } from "../testing/test-instance.ts";
import { killAtOnce, killAtRandom } from "./kill-at-random.ts";
import type { LineProcess } from "./line-process.ts";
import {
  allocateArena,
  annotate,
  gameServer,
  joinTwo,
  type PlayerReport,
  type WriterReport,
  writeThroughSdk,
} from "./play-session.ts";
import { RemoteMachine } from "./remote-machine.ts";

const seed = Number(process.env.FLOTILLA_TEST_SEED ?? Date.now() % 1_000_000);
const watchedMs = Number(process.env.FLOTILLA_TEST_WATCH_SECONDS ?? 6) * 1000;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
/** Whatever was killed last is back by then, on a machine that is busy with other things, too. */
const SOON = { timeout: 30_000, interval: 100 };

let remote: RemoteMachine;
let instance: TestInstance;

beforeAll(async () => {
  remote = await RemoteMachine.open();
  // Its host ports are open on every address: they must not be those of another run on this machine.
  const own = process.pid % 80;
  const ports = `${31_000 + own * 20}-${31_019 + own * 20}`;
  const flags = ["--advertise-address", remote.hostAddress, "--port-range", ports];
  instance = await TestInstance.start({
    images: ["examples/demo/image.yaml"],
    files: ["examples/demo"],
    flags: [...flags, "--pool", `10.${40 + (own % 40)}.0.0/16`],
  });
}, 120_000);
afterAll(async () => {
  await instance?.[Symbol.asyncDispose]();
  await remote?.[Symbol.asyncDispose]();
});

/** What must be the same after all kills. */
const lasting = ({ metadata, status }: GameServer): object => {
  const { state, ports, address, container } = status;
  return { uid: metadata.uid, state, ports, address, pid: container?.pid };
};

async function healthBecomes(name: string, wanted: string): Promise<void> {
  await expect
    .poll(async () => (await gameServer(instance, name)).status.health, SOON)
    .toBe(wanted);
}

/** All at once: whoever is left could start the others again. */
async function killAll(parts: readonly PartName[]): Promise<void> {
  killAtOnce(instance, parts);
  await expect
    .poll(() => parts.filter((part) => instance.pid(part) !== undefined), SOON)
    .toEqual([]);
}

async function expectNothingLost(players: readonly LineProcess[]): Promise<void> {
  const reports = await Promise.all(players.map((one) => one.end()));
  for (const report of reports)
    expect(report).toMatchObject({ udpLost: 0, webSocketLost: 0, drops: 0 });
}

/** They have moved, talked and seen each other all the time. */
function expectPlayed(reports: readonly PlayerReport[]): void {
  for (const report of reports) {
    const other = report.name === "red" ? "blue" : "red";
    expect(report).toMatchObject({ udpLost: 0, webSocketLost: 0, drops: 0 });
    expect(report.udpSent).toBeGreaterThan(watchedMs / 100);
    expect(report.webSocketEchoes).toBeGreaterThan(watchedMs / 200);
    for (const seen of [report.sawMove, report.sawMoveByUdp, report.heard])
      expect(seen).toContain(other);
  }
}

/** By the game's own log: it saw each player's own address, and never lost its SDK server. */
async function expectGameNoticedNothing(name: string): Promise<void> {
  // Logs come through the agent, which may still be on its way back from the last kill.
  await expect.poll(async () => (await instance.cli("logs", name)).code, SOON).toBe(0);
  const said = await instance.mustCli("logs", name);
  const lines = said.split("\n").filter(Boolean);
  const facts = lines.map((line) => JSON.parse(line));
  const joined = facts.filter(({ fact }) => fact === "player joined");
  const from = new Map(joined.map((one) => [one.name, one.address]));
  expect(from.get("blue")).toBe(remote.address);
  expect(from.get("red")).toBe(remote.hostAddress);
  const heard = facts.filter(({ fact }) => fact === "player heard over UDP");
  expect(heard.map(({ address }) => address).sort()).toEqual([remote.hostAddress, remote.address]);
  expect(facts.filter(({ fact }) => /SDK server|dropped/.test(fact))).toEqual([]);
}

async function apiAnswers(): Promise<void> {
  const ask = (): Promise<number> =>
    instance.request("GET", "/readyz").then(
      ({ status }) => status,
      () => 0,
    );
  await expect.poll(ask, SOON).toBe(200);
}

/** So many writes of one game server through its SDK have been answered. */
async function sdkAnswers(name: string, count: number): Promise<void> {
  const step = async (): Promise<number> => {
    const { metadata } = await gameServer(instance, name);
    return Number(metadata.labels?.["agones.dev/sdk-step"] ?? 0);
  };
  await expect.poll(step, SOON).toBeGreaterThan(count);
}

describe("a game under play", () => {
  it(`goes on while server, agent and shim are killed in mid-write (seed ${seed})`, async () => {
    const name = await allocateArena(instance, "for-red-and-blue");
    const before = await gameServer(instance, name);
    await using processes = new AsyncDisposableStack();
    const players = (await joinTwo(before, remote)).map((one) => processes.use(one));
    const writer = processes.use(await writeThroughSdk(before));
    const over = new AbortController();
    processes.defer(() => over.abort());
    const annotating = annotate(instance, name, () => over.signal.aborted);

    const parts = ["server", "agent", "shim"] as const;
    const random = seededRandom(seed);
    const killed = await killAtRandom({ instance, random, parts, times: 10, pauseMsMax: 800 });
    expect(killed).toHaveLength(10);
    await pause(watchedMs);
    await apiAnswers();
    await sdkAnswers(name, 10);

    over.abort();
    const written = (await writer.end()) as WriterReport;
    const annotated = await annotating;
    expectPlayed((await Promise.all(players.map((one) => one.end()))) as PlayerReport[]);
    await healthBecomes(name, "healthy");
    const after = await gameServer(instance, name);
    expect(after.status.state).toBe("Allocated");
    expect(lasting(after)).toEqual(lasting(before));
    expect(await allocateArena(instance, "for-red-and-blue")).toBe(name);
    // Whatever was answered is there; writes through the SDK waited in the door and none was refused.
    expect(after.metadata.annotations?.step).toBe(annotated.last);
    expect(after.metadata.labels?.["agones.dev/sdk-step"]).toBe(written.last);
    expect(written).toMatchObject({ refused: 0, breaks: 0 });
    for (const count of [written.answered, written.watched, annotated.answered])
      expect(count, JSON.stringify({ written, annotated })).toBeGreaterThan(3);
    await expectGameNoticedNothing(name);
  });

  it("goes on without the SDK door, and is never called unhealthy for it", async () => {
    const name = await allocateArena(instance, "for-the-door");
    const before = await gameServer(instance, name);
    await using processes = new AsyncDisposableStack();
    const players = (await joinTwo(before, remote)).map((one) => processes.use(one));
    await healthBecomes(name, "healthy");
    const door = instance.pid("door");

    expect(instance.kill("door")).toBe(true);
    await expect.poll(() => [door, undefined].includes(instance.pid("door")), SOON).toBe(false);
    // The new door answers as soon as it is open; a label that was written through it is kept.
    await using writer = await writeThroughSdk(before);
    await sdkAnswers(name, 3);
    await writer.end();
    await healthBecomes(name, "healthy");

    await expectNothingLost(players);
    const after = await gameServer(instance, name);
    expect(lasting(after)).toEqual(lasting(before));
  });

  it("is adopted by the next `up` after everything of ours was killed at once", async () => {
    const name = await allocateArena(instance, "for-the-next-up");
    const before = await gameServer(instance, name);
    await using processes = new AsyncDisposableStack();
    const players = (await joinTwo(before, remote)).map((one) => processes.use(one));

    const parts = ["up", "server", "agent", "shim", "door"] as const;
    expect(parts.map((part) => instance.pid(part)).filter(Boolean)).toHaveLength(parts.length);
    await killAll(parts);
    await instance.up();

    await expect
      .poll(async () => lasting(await gameServer(instance, name)), SOON)
      .toEqual(lasting(before));
    await healthBecomes(name, "healthy");
    expect(await allocateArena(instance, "for-the-next-up")).toBe(name);
    await expectNothingLost(players);
  });
});
