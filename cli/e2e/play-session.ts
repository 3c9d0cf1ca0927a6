import { join } from "node:path";
import type { AllocationStatus } from "../../core/model/allocation.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import type { TestInstance } from "../testing/test-instance.ts";
import { LineProcess } from "./line-process.ts";
import type { RemoteMachine } from "./remote-machine.ts";

const PLAYER = join(import.meta.dirname, "../../game-services/play/one-player.ts");
const WRITER = join(import.meta.dirname, "sdk-writer.fixture.ts");
const GAME_SERVERS = "/apis/agones.dev/v1/namespaces/default/gameservers";
const ALLOCATIONS = "/apis/allocation.agones.dev/v1/namespaces/default/gameserverallocations";

export interface PlayerReport {
  readonly name: string;
  readonly sawMove: readonly string[];
  readonly sawMoveByUdp: readonly string[];
  readonly heard: readonly string[];
  readonly webSocketEchoes: number;
  readonly webSocketLost: number;
  readonly udpSent: number;
  readonly udpLost: number;
  readonly drops: number;
}
export interface WriterReport {
  readonly last: string;
  readonly answered: number;
  readonly refused: number;
  readonly breaks: number;
  readonly watched: number;
}

/** Any Ready server of the fleet; the same key gets the same one. */
export async function allocateArena(instance: TestInstance, key: string): Promise<string> {
  const spec = { selectors: [{ matchLabels: { "agones.dev/fleet": "arena" } }] };
  const { status, body } = await instance.request(
    "POST",
    ALLOCATIONS,
    { spec },
    {
      "idempotency-key": key,
    },
  );
  const found = (body as { readonly status: AllocationStatus }).status;
  if (status !== 201 || found.state !== "Allocated")
    throw new Error(`no arena: ${JSON.stringify(body)}`);
  return found.gameServerName;
}

export async function gameServer(instance: TestInstance, name: string): Promise<GameServer> {
  const { body } = await instance.request("GET", `${GAME_SERVERS}/${name}`);
  return body as GameServer;
}

/** One player in a game server on this machine, with a WebSocket and UDP. */
export function joinOne({ status: { address, ports } }: GameServer): Promise<LineProcess> {
  const port = (wanted: string): string =>
    String(ports.find(({ name }) => name === wanted)?.port ?? "");
  const words = [PLAYER, address, port("game"), port("udp"), "red", "0"];
  return LineProcess.start([process.execPath, ...words]);
}

/** Two players in a game server: red on this machine, blue on another one. */
export async function joinTwo(
  { status: { address, ports } }: GameServer,
  remote: RemoteMachine,
): Promise<readonly LineProcess[]> {
  const port = (wanted: string): string =>
    String(ports.find(({ name }) => name === wanted)?.port ?? "");
  const words = [PLAYER, address, port("game"), port("udp")];
  const red = await LineProcess.start([process.execPath, ...words, "red", "0"]);
  const blue = await LineProcess.start(remote.argv(process.execPath, ...words, "blue", "1"));
  return [red, blue];
}

/** Writes labels and watches through the SDK, from inside the game server's network. */
export function writeThroughSdk({ status }: GameServer): Promise<LineProcess> {
  const net = `--net=/proc/${status.container?.pid}/ns/net`;
  return LineProcess.start(["nsenter", net, process.execPath, WRITER]);
}

/** Annotates a game server by the API again and again until it is over; the last value that was answered. */
export async function annotate(
  instance: TestInstance,
  name: string,
  isOver: () => boolean,
): Promise<{ readonly last: string; readonly answered: number }> {
  let last = "";
  let answered = 0;
  for (let n = 1; !isOver(); n++) {
    const patch = { metadata: { annotations: { step: String(n) } } };
    const sent = instance.request("PATCH", `${GAME_SERVERS}/${name}`, patch, {
      "content-type": "application/merge-patch+json",
    });
    const status = await sent.then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 200) [last, answered] = [String(n), answered + 1];
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return { last, answered };
}
