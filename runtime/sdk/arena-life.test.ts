import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { DoorFixture, startedSubject, until } from "./door-fixture.ts";

const ROOT = join(import.meta.dirname, "..", "..");

/** Runs the arena at the door, allocates it, lets two players meet in it, and waits until they have left. */
async function playedOnce(
  reuse: string,
  isDone: (fixture: DoorFixture) => boolean,
): Promise<string[]> {
  await using fixture = await DoorFixture.open({ healthTickMs: 50 });
  const { grpc } = await fixture.add("one");
  const env = {
    ...process.env,
    AGONES_SDK_GRPC_PORT: String(grpc),
    ARENA_HOST: "127.0.0.1",
    ARENA_REUSE: reuse,
    ARENA_EMPTY_SECONDS: "0",
    FLOTILLA_PORT_GAME: "0",
    FLOTILLA_PORT_UDP: "0",
  };
  const game = spawn(process.execPath, [join(ROOT, "game-services/game/arena/main.ts")], { env });
  const facts: { fact: string; part?: string; webSocketPort?: number; udpPort?: number }[] = [];
  createInterface({ input: game.stdout }).on("line", (line) => facts.push(JSON.parse(line)));
  try {
    await until(
      () => fixture.state("one"),
      (state) => state === "RequestReady",
    );
    const { webSocketPort, udpPort } = facts.find(({ fact }) => fact === "listening") ?? {};
    const found = fixture.link.get(startedSubject("one")) ?? expect.fail("put at the start");
    fixture.link.put({ ...found, status: { ...found.status, state: "Allocated" } });
    const where = `127.0.0.1:${webSocketPort}:${udpPort}`;
    const script = join(ROOT, "game-services/play/main.ts");
    const players = spawn(process.execPath, [script, "--connect", where, "--seconds", "3"]);
    const [code] = await once(players, "exit");
    expect(code).toBe(0);
    await until(
      () => isDone(fixture),
      (done) => done,
    );
    if (reuse === "shutdown")
      await until(
        () => game.exitCode,
        (exit) => exit === 0,
      );
    // Its spec has neither the Counter nor the List: each is asked for once, and told once.
    const parts = await until(
      () => facts.flatMap((one) => (one.fact === "not kept by the platform" ? [one.part] : [])),
      ({ length }) => length >= 2,
    );
    expect(parts).toEqual(["rooms", "players"]);
    const verbs = fixture.link.calls.map(({ verb }) => verb);
    expect(verbs.filter((verb) => ["counter", "addValue"].includes(verb))).toHaveLength(2);
    return verbs.filter((verb) => ["ready", "shutdown"].includes(verb));
  } finally {
    game.kill("SIGKILL");
  }
}

describe("the arena's life with the door", () => {
  it("is Ready again when everybody has left, if it was told so", async () => {
    const calls = await playedOnce("ready", ({ link }) => {
      return link.calls.filter(({ verb }) => verb === "ready").length === 2;
    });
    expect(calls).toEqual(["ready", "ready"]);
  }, 90_000);

  it("ends when everybody has left, if it was told so", async () => {
    const calls = await playedOnce("shutdown", (fixture) => fixture.state("one") === "Shutdown");
    expect(calls).toEqual(["ready", "shutdown"]);
  }, 90_000);
});
