import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GameServer } from "../../core/model/game-server.ts";
import { seededRandom } from "../../core/std/random.ts";
import { type PartName, TestInstance } from "../testing/test-instance.ts";
import { killAtRandom } from "./kill-at-random.ts";
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
const watchedMs = Number(process.env.FLOTILLA_TEST_WATCH_SECONDS ?? 15) * 1000;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

let remote: RemoteMachine;
let instance: TestInstance;

beforeAll(async () => {
  remote = await RemoteMachine.open();
  instance = await TestInstance.start({
    images: ["examples/demo/image.yaml"],
    files: ["examples/demo"],
    flags: ["--advertise-address", remote.hostAddress],
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
async function _healthBecomes(name: string, wanted: string): Promise<void> {
  await expect
    .poll(async () => (await gameServer(instance, name)).status.health, { timeout: 10_000 })
    .toBe(wanted);
}

async function healthBecomes(name: string, wanted: string): Promise<void> {
  await expect
    .poll(async () => (await gameServer(instance, name)).status.health, { timeout: 10_000 })
    .toBe(wanted);
}

/** All at once: whoever is left could start the others again. */
async function killAll(parts: readonly PartName[]): Promise<void> {
  const pids = parts.map((part) => instance.pid(part)).filter((pid) => pid !== undefined);
  for (const pid of pids) process.kill(pid, "SIGKILL");
  await expect.poll(() => parts.filter((part) => instance.pid(part) !== undefined)).toEqual([]);
}

describe("a game under play", () => {
  it(`goes on while server, agent and shim are killed in mid-write (seed ${seed})`, async () => {
    const random = seededRandom(seed);
    const name = await allocateArena(instance, "for-red-and-blue");
    const before = await gameServer(instance, name);
    await using players = new AsyncDisposableStack();
    const [red, blue] = (await joinTwo(before, remote)).map((one) => players.use(one));
    const writer = players.use(await writeThroughSdk(before));
    let isOver = false;
    const annotating = annotate(instance, name, () => isOver);

    const killed = await killAtRandom({
      instance,
      random,
      parts: ["server", "agent", "shim"],
      times: 10,
      pauseMsMax: 800,
    });
    expect(killed).toHaveLength(10);
    await pause(watchedMs);

    isOver = true;
    const written = (await writer.end()) as WriterReport;
    const annotated = await annotating;
    const reports = await Promise.all([red, blue].map((one) => (one as LineProcess).end()));
    for (const report of reports as PlayerReport[]) {
      const other = report.name === "red" ? "blue" : "red";
      expect(report).toMatchObject({ udpLost: 0, webSocketLost: 0, drops: 0 });
      expect(report.udpSent).toBeGreaterThan(watchedMs / 100);
      expect(report.webSocketEchoes).toBeGreaterThan(watchedMs / 200);
      for (const seen of [report.sawMove, report.sawMoveByUdp, report.heard])
        expect(seen).toContain(other);
    }
    const after = await gameServer(instance, name);
    expect(lasting(after)).toEqual(lasting(before));
    expect(after.status).toMatchObject({ state: "Allocated", health: "healthy" });
    expect(await allocateArena(instance, "for-red-and-blue")).toBe(name);
    // Whatever was answered is there; writes through the SDK waited in the door and none was refused.
    expect(after.metadata.annotations?.step).toBe(annotated.last);
    expect(after.metadata.labels?.["agones.dev/sdk-step"]).toBe(written.last);
    expect(written).toMatchObject({ refused: 0, breaks: 0 });
    expect(Math.min(written.answered, written.watched, annotated.answered)).toBeGreaterThan(20);
    // The game saw each player's own address, and never lost its SDK server.
    // Logs come through the agent, which may still be on its way back from the last kill.
    await expect
      .poll(async () => (await instance.cli("logs", name)).code, { timeout: 15_000, interval: 200 })
      .toBe(0);
    const said = await instance.mustCli("logs", name);
    const facts = said
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    const joined = facts.filter(({ fact }) => fact === "player joined");
    const from = new Map(joined.map((one) => [one.name, one.address]));
    expect(from.get("blue")).toBe(remote.address);
    expect(from.get("red")).toBe(remote.hostAddress);
    const heard = facts.filter(({ fact }) => fact === "player heard over UDP");
    expect(heard.map(({ address }) => address).sort()).toEqual([
      remote.hostAddress,
      remote.address,
    ]);
    expect(facts.filter(({ fact }) => /SDK server|dropped/.test(fact))).toEqual([]);
  });

  it("goes on without the SDK door; its health is unknown until the next ping", async () => {
    const name = await allocateArena(instance, "for-the-door");
    const before = await gameServer(instance, name);
    await using players = new AsyncDisposableStack();
    const all = (await joinTwo(before, remote)).map((one) => players.use(one));
    await healthBecomes(name, "healthy");
    const door = instance.pid("door");

    expect(instance.kill("door")).toBe(true);
    await healthBecomes(name, "unknown");
    await healthBecomes(name, "healthy");
    expect(instance.pid("door")).not.toBe(door);

    const reports = await Promise.all(all.map((one) => one.end()));
    for (const report of reports)
      expect(report).toMatchObject({ udpLost: 0, webSocketLost: 0, drops: 0 });
    expect(lasting(await gameServer(instance, name))).toEqual(lasting(before));
  });

  it("is adopted by the next `up` after everything of ours was killed at once", async () => {
    const name = await allocateArena(instance, "for-the-next-up");
    const before = await gameServer(instance, name);
    await using players = new AsyncDisposableStack();
    const all = (await joinTwo(before, remote)).map((one) => players.use(one));

    const parts = ["up", "server", "agent", "shim", "door"] as const;
    expect(parts.map((part) => instance.pid(part)).filter(Boolean)).toHaveLength(parts.length);
    await killAll(parts);
    await instance.up();

    await expect
      .poll(async () => lasting(await gameServer(instance, name)))
      .toEqual(lasting(before));
    await healthBecomes(name, "healthy");
    expect(await allocateArena(instance, "for-the-next-up")).toBe(name);
    const reports = await Promise.all(all.map((one) => one.end()));
    for (const report of reports)
      expect(report).toMatchObject({ udpLost: 0, webSocketLost: 0, drops: 0 });
  });
});
