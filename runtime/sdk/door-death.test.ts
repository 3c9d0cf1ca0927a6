import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SdkPeer } from "../../core/model/sdk-peer.ts";
import { freePort } from "../../core/std/free-port.ts";
import { until } from "./door-fixture.ts";

const ROOT = join(import.meta.dirname, "..", "..");
let folder: string;
let grpcPort: number;
const children: ChildProcess[] = [];

interface Said extends ChildProcess {
  readonly lines: Record<string, unknown>[];
}

function start(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Said {
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const lines: Record<string, unknown>[] = [];
  const read = (line: string): void => {
    if (line.startsWith("{")) lines.push(JSON.parse(line));
    else lines.push({ text: line });
  };
  createInterface({ input: child.stdout }).on("line", read);
  createInterface({ input: child.stderr }).on("line", read);
  children.push(child);
  return Object.assign(child, { lines });
}

async function startDoor(): Promise<Said> {
  const door = start([join(import.meta.dirname, "door-process.ts"), folder, "one"]);
  await until(
    () => door.lines.length,
    (n) => n > 0,
  );
  return door;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  child.kill(signal);
  await once(child, "exit");
}

const verbs = ({ lines }: Said): unknown[] => lines.map(({ verb, health }) => health ?? verb);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "flotilla-door-"));
  grpcPort = await freePort();
  const peer: SdkPeer = {
    subject: { kind: "GameServer", namespace: "default", name: "one", uid: "uid-of-one" },
    containerId: "one",
    listen: { address: "127.0.0.1", grpcPort, httpPort: await freePort() },
    // Unhealthy after four to five seconds without a ping: a busy machine takes one or two to bring it. Who counted from
    // its start would call it so at once.
    health: { disabled: false, initialDelaySeconds: 0, periodSeconds: 1, failureThreshold: 4 },
    startedAt: Date.now() - 600_000,
  };
  await writeFile(join(folder, "one.json"), JSON.stringify(peer));
});
afterEach(async () => {
  for (const child of children.splice(0)) if (child.exitCode === null) child.kill("SIGKILL");
  await rm(folder, { recursive: true });
});

describe("a door that goes and comes back", () => {
  it.each([
    ["is killed", "SIGKILL"],
    ["is stopped in good order", "SIGTERM"],
  ] as const)(
    "and %s finds the arena going on: unknown, then healthy, never unhealthy",
    async (_, signal) => {
      const door = await startDoor();
      const game = start([join(ROOT, "game-services/game/arena/main.ts")], {
        ...process.env,
        AGONES_SDK_GRPC_PORT: String(grpcPort),
        ARENA_HOST: "127.0.0.1",
        FLOTILLA_PORT_GAME: "0",
        FLOTILLA_PORT_UDP: "0",
      });
      await until(
        () => verbs(door),
        (said) => said.includes("ready") && said.includes("healthy"),
      );
      // Whatever it asked has been answered: nothing is asked again at the second door.
      await until(
        () => game.lines,
        (lines) =>
          ["ready", "not kept by the platform"].every((told) =>
            lines.some(({ fact }) => fact === told),
          ),
      );
      await end(door, signal);
      await until(
        () => game.lines,
        (lines) => lines.some(({ fact }) => fact === "SDK server lost"),
      );
      const second = await startDoor();
      expect(verbs(second)[0]).toBe("unknown");
      await until(
        () => verbs(second),
        (said) => said.includes("healthy"),
      );
      expect(verbs(second)).toEqual(["unknown", "healthy"]);
      expect(game.exitCode).toBeNull();
      game.kill("SIGTERM");
      await once(game, "exit");
      await until(
        () => verbs(second),
        (said) => said.includes("shutdown"),
      );
    },
    120_000,
  );

  it("does not hold against a game server what it did not hear while it was stopped", async () => {
    const door = await startDoor();
    const script = `
      import AgonesSDK from "@google-cloud/agones-sdk";
      const sdk = new AgonesSDK();
      await sdk.connect();
      setInterval(() => sdk.health(() => undefined), 100);`;
    const env = { ...process.env, AGONES_SDK_GRPC_PORT: String(grpcPort) };
    start(["--input-type=module", "-e", script], env);
    await until(
      () => verbs(door),
      (said) => said.includes("healthy"),
    );
    door.kill("SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, 7000));
    door.kill("SIGCONT");
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(verbs(door)).toEqual(["unknown", "healthy"]);
  }, 90_000);

  it("leaves a plain client alive that gave its watch and its pings an error callback", async () => {
    const door = await startDoor();
    const script = `
      import AgonesSDK from "@google-cloud/agones-sdk";
      const say = (text) => console.log(JSON.stringify({ text }));
      const sdk = new AgonesSDK();
      await sdk.connect();
      sdk.watchGameServer(() => say("seen"), (error) => say("watch broke: " + error.code));
      setInterval(() => sdk.health((error) => say("ping failed")), 50);
      setInterval(() => sdk.getGameServer().then(() => say("answered"), () => undefined), 50);`;
    const client = start(["--input-type=module", "-e", script], {
      ...process.env,
      AGONES_SDK_GRPC_PORT: String(grpcPort),
    });
    const texts = (): unknown[] => client.lines.map(({ text }) => text);
    await until(texts, (said) => said.includes("seen") && said.includes("answered"));
    await end(door, "SIGKILL");
    await until(texts, (said) => said.includes("watch broke: 14"));
    client.lines.length = 0;
    await startDoor();
    // Its calls work again by themselves; its health stream and its watch do not, which is why the arena makes a new client.
    await until(texts, (said) => said.includes("answered"));
    expect(client.exitCode).toBeNull();
    expect(texts()).not.toContain("seen");
  }, 90_000);
});
