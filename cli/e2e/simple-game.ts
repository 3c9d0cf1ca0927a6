import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { pathOf } from "../api-client.ts";
import type { TestInstance } from "../testing/test-instance.ts";
import { type Seen, seen, until } from "./look-inside.ts";

export interface SimpleGame {
  readonly name: string;
  readonly annotations?: { readonly [key: string]: string };
  readonly ports?: readonly object[];
  readonly health?: object;
  readonly env?: { readonly [name: string]: string };
  readonly graceSeconds?: number;
}
const UDP_PORT = { name: "game", portPolicy: "Dynamic", protocol: "UDP", containerPort: 7654 };
const ASK_AGAIN_MS = 200;
/** Half a minute: a control plane that was killed may have to come back first. */
const TRIES_MAX = 150;

/** Creates a game server of examples/simple. */
export async function createSimple(instance: TestInstance, game: SimpleGame): Promise<void> {
  const { name, annotations = {}, ports = [UDP_PORT], env = {}, graceSeconds = 5 } = game;
  const container = {
    name: "simple",
    image: "simple",
    env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
    resources: { requests: { cpu: "20m", memory: "32Mi" }, limits: { memory: "128Mi" } },
  };
  const pod = { containers: [container], terminationGracePeriodSeconds: graceSeconds };
  const { status, body } = await instance.request(
    "POST",
    pathOf({ kind: "GameServer", namespace: "default" }),
    {
      apiVersion: "agones.dev/v1",
      kind: "GameServer",
      metadata: { name, annotations },
      spec: { ports, health: game.health ?? {}, template: { spec: pod } },
    },
  );
  if (status !== 201) throw new Error(`${name} was refused: ${JSON.stringify(body)}`);
}

/** The same, and waits until it is Ready. */
export async function readySimple(instance: TestInstance, game: SimpleGame): Promise<Seen> {
  await createSimple(instance, game);
  return await stateOf(instance, game.name, "Ready");
}

export function stateOf(instance: TestInstance, name: string, state: string): Promise<Seen> {
  return until(instance, ["GameServer", name], ({ status }) => status.state === state);
}

/** Resolves when there is no such game server any more. */
export async function goneOf(instance: TestInstance, name: string): Promise<void> {
  const path = pathOf({ kind: "GameServer", namespace: "default", name });
  while ((await instance.request("GET", path)).status !== 404) await sleep(ASK_AGAIN_MS / 8);
}

export function portOf({ status }: Seen, name = "game"): number {
  return status.ports?.find((port) => port.name === name)?.port ?? 0;
}

/** Says one command over UDP until it is answered: a packet may be lost while a port is being opened. */
export async function tellUdp(port: number, command: string): Promise<string> {
  const socket = createSocket("udp4");
  try {
    for (let tries = 1; tries <= TRIES_MAX; tries++) {
      socket.send(command, port, "127.0.0.1");
      const answer = once(socket, "message", { signal: AbortSignal.timeout(ASK_AGAIN_MS) });
      const [packet] = await answer.catch(() => []);
      if (packet) return String(packet).trim();
    }
    throw new Error(`nobody answers "${command}" on UDP port ${port}`);
  } finally {
    socket.close();
  }
}

export async function tellTcp(port: number, command: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    socket.write(`${command}\n`);
    const [line] = await once(socket, "data");
    return String(line).trim();
  } finally {
    socket.destroy();
  }
}

/** Says one command to a game server without waiting for an answer: it may be its last. */
export async function tellSimple(
  instance: TestInstance,
  name: string,
  command: string,
): Promise<void> {
  const port = portOf(await seen(instance, "GameServer", name));
  const socket = createSocket("udp4");
  await new Promise((resolve) => socket.send(command, port, "127.0.0.1", resolve));
  socket.close();
}
